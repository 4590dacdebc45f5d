import Foundation
import Media
import Training

/// All runs in some folders, and who is told of what happens to them.
actor RunLibrary {
  /// A thread that may wait for a disk, which those that all tasks share must not.
  private let thread = SerialThread()
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private let folders: [String]
  private var finder = RunFinder()
  private var runs: [String: WatchedRun] = [:]
  /// The order that they were found in.
  private var order: [String] = []
  private var listeners: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
  private var nextListener = 0
  /// How often it has looked.
  private(set) var looks = 0

  /// Seconds from one look at the metrics to the next, and looks from one at the folders and at
  /// who runs to the next, and from one sign of life to the next, which finds out who is gone.
  private static let (interval, looksBetween, looksBetweenSigns) = (0.25, 8, 60)
  /// Pieces that a page may be behind before it is left to connect again.
  private static let backlog = 256

  init(_ folders: [String]) { self.folders = folders }

  /// How many runs and checkpoints there are.
  var count: Int { order.count }

  /// Looks at everything until the task is cancelled.
  func watch() async throws {
    while true {
      if looks % Self.looksBetween == 0 { scan() }
      for id in order { follow(id) }
      if looks % Self.looksBetweenSigns == 0 { broadcast(": still here\n\n") }
      looks += 1
      try await Task.sleep(for: .seconds(Self.interval))
    }
  }

  /// Finds new runs, and what became of those known.
  func scan() {
    var seen = Set<String>()
    let places = RunPlace.distinct(
      folders.flatMap { finder.places(in: $0) }.filter { seen.insert($0.id).inserted })
    let isOther = places.map(\.id) != order
    order = places.map(\.id)
    for place in places where runs[place.id] == nil {
      runs[place.id] = WatchedRun(place)
      // the checkpoint says which figure of the log is the run's
      _ = runs[place.id]?.state()
      follow(place.id)
    }
    runs = runs.filter { seen.contains($0.key) }
    var changed: [RunSummary] = []
    for place in places {
      let (id, before) = (place.id, runs[place.id]?.summary)
      runs[id]?.place = place
      if runs[id]?.state() == true {
        follow(id)
        _ = runs[id]?.state()  // which step is the last decides how the run ended
      }
      if let after = runs[id]?.summary, after != before { changed.append(after) }
    }
    if isOther {
      send("runs", summaries)
    } else {
      for summary in changed { send("run", summary) }
    }
  }

  private func follow(_ id: String) {
    let before = runs[id]?.summary.generation
    // a long log comes in several pieces
    while let news = runs[id]?.look() {
      guard let summary = runs[id]?.summary else { return }
      if news.isNew, before != 0 {
        send("restart", Restart(run: id, generation: summary.generation))
      }
      if listeners.isEmpty || news.lines.isEmpty { continue }
      let lines = news.lines.map(\.text).joined(separator: ",")
      broadcast(
        "event: metrics\ndata: {\"run\":\"\(id)\",\"generation\":\(summary.generation),"
          + "\"from\":\(news.range.lowerBound),\"to\":\(news.range.upperBound),\"lines\":[\(lines)]}\n\n"
      )
      send("run", summary)
    }
  }

  private struct Restart: Encodable {
    let run: String
    let generation: Int
  }

  /// Every run as the table shows it.
  var summaries: [RunSummary] { order.compactMap { runs[$0]?.summary } }

  /// A run by its id. Throws `Refusal.notFound`.
  func run(_ id: String) throws -> WatchedRun {
    guard let run = runs[id] else { throw Refusal.notFound }
    return run
  }

  // MARK: Telling

  /// What happens from now on, with the runs as they are first: server-sent events.
  func events() -> AsyncStream<[UInt8]> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.backlog))
    let number = nextListener
    nextListener += 1
    continuation.onTermination = { _ in Task { await self.leave(number) } }
    continuation.yield(Array("retry: 1000\n\n".utf8))
    if let text = Self.event("runs", summaries) { continuation.yield(Array(text.utf8)) }
    listeners[number] = continuation
    return stream
  }

  private func leave(_ number: Int) { listeners[number] = nil }

  private func send(_ name: String, _ value: some Encodable) {
    if listeners.isEmpty { return }
    if let text = Self.event(name, value) { broadcast(text) }
  }

  private static func event(_ name: String, _ value: some Encodable) -> String? {
    guard let json = try? JSONEncoder().encode(value) else { return nil }
    return "event: \(name)\ndata: \(String(decoding: json, as: UTF8.self))\n\n"
  }

  private func broadcast(_ text: String) {
    let bytes = Array(text.utf8)
    for (number, listener) in listeners {
      guard case .enqueued = listener.yield(bytes) else {
        // with a piece missing it must begin again, which a browser does by itself
        listener.finish()
        listeners[number] = nil
        continue
      }
    }
  }
}
