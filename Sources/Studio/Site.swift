import Foundation
import Media

/// What there is to be asked for:
///
///     GET  /                              the page, and /app/NAME its files
///     GET  /events                        what happens to any run: server-sent events
///     GET  /runs/ID                       its options
///     GET  /runs/ID/metrics               lines of its log ?generation= ?from= a byte on
///     GET  /runs/ID/samples, …/NAME       what was drawn on the way
///     GET  /runs/ID/originals             some of what it learns from
///     GET  /models/ID                     what its model is
///     POST /models/ID/draw, …             a `Wish`; /models/ID/take has a file as its body
///
/// A run is asked for by its id, a sample by a name that is listed; no path comes from a page.
struct Site: Sendable {
  let library: RunLibrary
  let desk: ModelDesk
  /// Makes models wait in line, but not without end.
  private let line = WaitingLine(most: 8)

  /// How long a body a request may have. Throws a refusal of one that nothing answers.
  func admit(_ request: Request, _ limits: Limits) throws -> Int {
    switch (request.method, request.path.first) {
    case ("POST", "models") where request.path.count == 3:
      return request.path[2] == "take" ? limits.upload : limits.body
    case ("GET", _), ("HEAD", _): return 0
    default: throw Refusal.wrongMethod
    }
  }

  /// The answer. Throws a refusal, or a `FileError` of a file that was listed.
  func answer(_ request: Request) async throws -> Response {
    let path = request.path
    switch (request.method == "POST", path.first, path.count) {
    case (false, nil, _): return page(.index)
    case (false, "app", 2):
      guard let file = PageFile.all[path[1]] else { throw Refusal.notFound }
      return page(file)
    case (false, "events", 1):
      return Response(
        type: "text/event-stream; charset=utf-8", body: .stream(await library.events()))
    case (false, "runs", 2...4): return try await run(request)
    case (false, "models", 2):
      let place = try await place(path[1])
      return try .json(try await line.wait { try await desk.info(place) })
    case (true, "models", 3):
      let place = try await place(path[1])
      return try await line.wait { try await model(place, path[2], request.body) }
    default: throw Refusal.notFound
    }
  }

  private func page(_ file: PageFile) -> Response {
    Response(type: file.type, body: .bytes(file.bytes))
  }

  private func place(_ id: String) async throws -> RunPlace { try await library.run(id).place }

  // MARK: Runs

  private func run(_ request: Request) async throws -> Response {
    let (run, path) = (try await library.run(request.path[1]), request.path)
    if path.count == 3, path[2] == "originals" {
      guard let config = run.config else { throw Refusal.notFound }
      return try await line.wait { try await apart { try .json(Originals(run.place, config)) } }
    }
    return try await apart { try file(of: run, path, request.query) }
  }

  private func file(
    of run: WatchedRun, _ path: [String], _ query: [String: String]
  ) throws -> Response {
    switch (path.count == 2 ? "" : path[2], path.count) {
    case ("", 2): return try .json(RunDetails(run))
    case ("metrics", 3): return try metrics(run, query)
    case ("samples", 3): return try .json(RunSamples(run.place))
    case ("samples", 4):
      let (bytes, type) = try RunSamples.file(path[3], of: run.place)
      return Response(type: type, body: .bytes(bytes))
    default: throw Refusal.notFound
    }
  }

  /// The lines from a byte on, as far as they were read, and from the first on where the page has
  /// read another writing of the file, or more than there is: which bytes those are stands beside.
  private func metrics(_ run: WatchedRun, _ query: [String: String]) throws -> Response {
    let (generation, end) = (run.summary.generation, run.summary.bytes)
    guard let asked = Int(query["from"] ?? "0"), asked >= 0 else { throw Refusal.malformed }
    let isSame = query["generation"].flatMap { Int($0) } == generation && asked <= end
    let from = isSame ? asked : 0
    guard let path = run.place.metrics else { throw Refusal.notFound }
    let part =
      end > from ? try MetricsTail.part(of: path, from: from, to: end) : .init(lines: [], end: from)
    return Response(
      type: "application/x-ndjson; charset=utf-8",
      headers: [
        "X-Generation": "\(generation)", "X-From": "\(from)", "X-Next": "\(part.end)",
      ],
      body: .bytes(Array(part.lines.map { $0.text + "\n" }.joined().utf8)))
  }

  // MARK: Models

  private func model(_ place: RunPlace, _ verb: String, _ body: [UInt8]) async throws -> Response {
    switch verb {
    case "take": try .json(await desk.take(place, body))
    case "draw": try .json(await desk.draw(place, wish(body)))
    case "examine": try .json(await desk.examine(place, wish(body)))
    case "interpolate": try .json(await desk.interpolate(place, wish(body)))
    case "replace": try .json(await desk.replace(place, wish(body)))
    case "slide": try .json(await desk.slide(place, wish(body)))
    default: throw Refusal.notFound
    }
  }

  private func wish<W: Decodable>(_ body: [UInt8]) throws -> W {
    do {
      return try JSONDecoder().decode(W.self, from: Data(body))
    } catch is DecodingError {
      throw Refusal.malformed
    }
  }
}

/// What `body` gives, on a thread that may wait for a disk, which those that all tasks share must not.
private func apart<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
  }
}
