import Dispatch
import Foundation

/// Where a computation's time goes, by operation: for `glow bench --profile`.
public enum Profile {
  /// The sum over one operation's calls.
  public struct Entry: Sendable {
    /// Seconds in all.
    public fileprivate(set) var seconds = 0.0
    /// Multiply-adds, times two, in all; 0 where memory is the limit.
    public fileprivate(set) var flops = 0.0
    /// How often it was called.
    public fileprivate(set) var calls = 0
  }

  // Set before a profile is taken and after, so that any thread may read it.
  nonisolated(unsafe) private static var thread: Thread?
  // Read and written by that thread alone.
  nonisolated(unsafe) private static var entries: [String: Entry] = [:]
  nonisolated(unsafe) private static var shares = 1

  /// Runs `body` and returns what its operations took, by their names.
  public static func of(_ body: () throws -> Void) rethrows -> [String: Entry] {
    (thread, entries) = (Thread.current, [:])
    defer { thread = nil }
    try body()
    return entries
  }

  /// Runs an operation, under its name where a profile is taken and this is the thread that began
  /// it.
  static func measure<R>(
    _ name: @autoclosure () -> String, flops: @autoclosure () -> Double = 0, _ body: () -> R
  ) -> R {
    guard let thread, Thread.current == thread else { return body() }
    let start = DispatchTime.now().uptimeNanoseconds
    let result = body()
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    entries[name(), default: Entry()].add(seconds, flops() * Double(shares))
    return result
  }

  /// Runs a loop that is parallel over so many equal shares: one thread's operations stand for the
  /// others', which do as much in the same time.
  static func standingFor(_ shares: Int, _ body: () -> Void) {
    guard let thread, Thread.current == thread else { return body() }
    let before = self.shares
    self.shares *= shares
    body()
    self.shares = before
  }
}

extension Profile.Entry {
  fileprivate mutating func add(_ seconds: Double, _ flops: Double) {
    self.seconds += seconds
    self.flops += flops
    calls += 1
  }
}
