import Dispatch

/// Where a computation's time goes, by operation: for `glow bench --profile`.
public enum Profile {
  /// The sum over one operation's calls.
  public struct Entry: Sendable {
    /// Seconds in all.
    public fileprivate(set) var seconds = 0.0
    /// Multiply-adds, times two, in all; 0 where memory is the limit.
    public fileprivate(set) var flops = 0.0
    public fileprivate(set) var calls = 0
  }

  // Read and written by the one thread that starts operations.
  nonisolated(unsafe) private static var entries: [String: Entry]?

  /// Runs `body` and returns what its operations took, by their names.
  public static func of(_ body: () -> Void) -> [String: Entry] {
    entries = [:]
    body()
    defer { entries = nil }
    return entries ?? [:]
  }

  /// Runs an operation, under its name where a profile is taken.
  static func measure<R>(
    _ name: @autoclosure () -> String, flops: @autoclosure () -> Double = 0, _ body: () -> R
  ) -> R {
    guard entries != nil else { return body() }
    let start = DispatchTime.now().uptimeNanoseconds
    let result = body()
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    entries?[name(), default: Entry()].add(seconds, flops())
    return result
  }
}

extension Profile.Entry {
  fileprivate mutating func add(_ seconds: Double, _ flops: Double) {
    self.seconds += seconds
    self.flops += flops
    calls += 1
  }
}
