import FlyingSocks
import Foundation
import Media
import Synchronization
import Training

/// Answers requests on a port of 127.0.0.1, one a connection.
final class StudioServer: Sendable {
  /// The port that it listens on.
  let port: Int
  private let listener: Socket
  private let pool: any AsyncSocketPool
  private let limits: Limits
  private let gate: Gate
  private let site: Site
  private let open = Atomic(0)
  private let streams = Atomic(0)
  private let uploads: WaitingLine

  /// Listens on a port, or on any that is free where it is 0. Throws a `FileError` if it can't.
  init(_ site: Site, port: Int, limits: Limits = Limits()) throws {
    signal(SIGPIPE, SIG_IGN)
    func unwritable(_ reason: String) -> FileError {
      FileError(path: "127.0.0.1:\(port)", reason: reason, kind: .unwritable)
    }
    do {
      listener = try Socket(domain: AF_INET)
      try listener.setValue(true, for: .localAddressReuse)
      try listener.bind(to: .inet(ip4: "127.0.0.1", port: UInt16(port)))
      try listener.listen()
      guard case .ip4(_, let bound) = try listener.sockname() else {
        throw unwritable("has no address")
      }
      self.port = Int(bound)
    } catch let error as SocketError {
      switch error {
      case .failed(_, let number, _) where number == EADDRINUSE:
        throw unwritable("the port is in use; --port takes another, and 0 any that is free")
      case .failed(_, let number, _): throw unwritable(String(cString: strerror(number)))
      default: throw unwritable("\(error)")
      }
    }
    self.site = site
    var limits = limits
    // what is left over serves files, folders and models
    limits.connections = min(limits.connections, max(16, Self.descriptors() - 100))
    self.limits = limits
    uploads = WaitingLine(most: limits.uploads)
    gate = Gate(port: self.port)
    pool = .make(maxEvents: 256)
  }

  /// How many files this process may have open, after it has asked for enough of them.
  private static func descriptors() -> Int {
    #if canImport(Darwin)
      let kind = RLIMIT_NOFILE
    #else
      let kind = Int32(RLIMIT_NOFILE.rawValue)
    #endif
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0 else { return 256 }
    let wanted = min(limit.rlim_max, 4096)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = wanted
      setrlimit(kind, &limit)
      getrlimit(kind, &limit)
    }
    return Int(limit.rlim_cur)
  }

  /// Answers until the task is cancelled.
  func run() async throws {
    try await pool.prepare()
    let socket = try AsyncSocket(socket: listener, pool: pool)
    defer { try? listener.close() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [pool] in try await pool.run() }
      group.addTask { try await self.accept(on: socket) }
      try await group.next()
      group.cancelAll()
    }
  }

  private func accept(on listener: AsyncSocket) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      while true {
        try Task.checkCancellation()
        do {
          let socket = try await listener.accept()
          group.addTask { await self.serve(socket) }
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          // out of descriptors, or a client that is gone already: neither ends the server
          try await Task.sleep(for: .milliseconds(20))
        }
      }
    }
  }

  private func serve(_ socket: AsyncSocket) async {
    let count = open.add(1, ordering: .relaxed).newValue
    defer {
      try? socket.close()
      open.subtract(1, ordering: .relaxed)
    }
    do {
      guard count <= limits.connections else {
        try await send(Refusal.tooMany.response, on: socket)
        return
      }
      let reader = RequestReader(socket: socket, limits: limits)
      do {
        let head = try await reader.head { request in
          try gate.check(request)
          return try site.admit(request, limits)
        }
        if head.length > limits.body {
          // each is within its limit, and all of them must be as well
          try await uploads.wait { try await serve(reader, head) }
        } else {
          try await serve(reader, head)
        }
      } catch let refusal as Refusal {
        try await send(refusal.response, on: socket)
        await drain(socket)
      }
    } catch {
      // the client is gone
    }
  }

  private func serve(_ reader: RequestReader, _ head: RequestReader.Head) async throws {
    let request = try await reader.request(head)
    let response =
      request.method == "POST"
      ? try await answer(request, to: reader.socket) : await answer(request)
    try await send(response, on: reader.socket, isHead: request.method == "HEAD")
  }

  /// The answer of a model, for as long as the client waits for it: what waits in line for one that
  /// is gone is not computed.
  private func answer(_ request: Request, to socket: AsyncSocket) async throws -> Response {
    try await withThrowingTaskGroup(of: Response?.self) { group in
      defer { group.cancelAll() }
      group.addTask { await self.answer(request) }
      group.addTask {
        // fails when the client ends; what else it sends is of no matter
        _ = try await socket.read()
        return nil
      }
      while let one = try await group.next() {
        if let response = one { return response }
      }
      throw CancellationError()
    }
  }

  private func answer(_ request: Request) async -> Response {
    do {
      return try await site.answer(request)
    } catch let refusal as Refusal {
      return refusal.response
    } catch let error as FileError {
      // what became of a file that was listed; its path is nobody's business
      return .text(error.kind == .missing ? 404 : 422, FileError.oneLine(error.reason))
    } catch let error as Sampler.NotFinite {
      return .text(422, "\(error)")
    } catch {
      return .text(500, "this failed")
    }
  }

  private func send(_ response: Response, on socket: AsyncSocket, isHead: Bool = false) async throws
  {
    switch response.body {
    case .bytes(let bytes):
      try await write(response.head + (isHead ? [] : bytes), on: socket)
    case .stream(let pieces):
      if isHead { return try await write(response.head, on: socket) }
      defer { streams.subtract(1, ordering: .relaxed) }
      guard streams.add(1, ordering: .relaxed).newValue <= limits.streams else {
        return try await send(Refusal.tooMany.response, on: socket)
      }
      try await write(response.head, on: socket)
      for await piece in pieces { try await write(piece, on: socket) }
    }
  }

  /// A client that takes nothing for a while is gone.
  private func write(_ bytes: [UInt8], on socket: AsyncSocket) async throws {
    let data = Data(bytes)
    var sent = 0
    while sent < data.count {
      let piece = data[sent..<min(sent + 1 << 20, data.count)]
      try await within(limits.writeSeconds) { try await socket.write(piece) }
      sent += piece.count
    }
  }

  /// Takes a little of what a refused client still sends: with bytes unread, closing would take
  /// back the answer.
  private func drain(_ socket: AsyncSocket) async {
    shutdown(socket.socket.file.rawValue, Int32(SHUT_WR))
    try? await within(2) {
      for _ in 0..<(64 << 20) / 4096 { _ = try await socket.read(atMost: 4096) }
    }
  }
}
