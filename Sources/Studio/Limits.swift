/// How much and how slowly a client may send.
struct Limits: Sendable {
  /// Bytes of a request's head.
  var head = 16 << 10
  /// Lines of it.
  var headers = 100
  /// Bytes of a body that says what a model is to do, and of a file that is dropped in.
  var body = 64 << 10
  var upload = 32 << 20
  /// Bodies beyond the smaller of the two that are in memory at a time.
  var uploads = 4
  /// Seconds until the head is there, the body, and a piece of an answer has gone out.
  var headSeconds = 10.0
  var bodySeconds = 60.0
  var writeSeconds = 30.0
  /// Connections at a time, and event streams among them.
  var connections = 2000
  var streams = 100
}

/// What `body` gives, unless it takes longer: then throws `Refusal.tooSlow`.
func within<T: Sendable>(_ seconds: Double, _ body: @escaping @Sendable () async throws -> T)
  async throws -> T
{
  try await withThrowingTaskGroup(of: T.self) { group in
    group.addTask(operation: body)
    group.addTask {
      try await Task.sleep(for: .seconds(seconds))
      throw Refusal.tooSlow
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw Refusal.tooSlow }
    return first
  }
}
