import Foundation

/// What is computed from parameters and kept until one of them changes: once a training step, and
/// once in all where nothing is trained. Threads may ask for it at once.
public final class Cached<Value> {
  private let lock = NSLock()
  private var kept: (versions: [Int], value: Value)?

  /// Nothing yet.
  public init() {}

  /// What `make` makes of these parameters as they are now.
  public func value(of parameters: [Parameter], _ make: () -> Value) -> Value {
    let versions = parameters.map(\.version)
    lock.lock()
    defer { lock.unlock() }
    if let kept, kept.versions == versions { return kept.value }
    kept = nil  // its memory can be used for the new one
    let value = make()
    kept = (versions, value)
    return value
  }
}
