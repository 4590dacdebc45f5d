import CMPI
import Foundation

/// Ranks that are processes under an MPI launcher.
///
/// One thread makes all calls of MPI: it hands messages over, asks how they are, and sleeps in
/// between, for a library that waits by itself spins. Each second it lets the next rank know that
/// this one is alive, and listens whether the one before is: a rank that is silent for too long
/// ends the run, by its name.
public final class MPIRanks: Communicator, @unchecked Sendable {  // by its condition
  public private(set) var rank = 0
  public private(set) var size = 1
  public let host: String
  /// What the library calls itself.
  public let library: String

  private let timeout: Double
  private let say: @Sendable (_ line: String, _ isEnd: Bool) -> Void
  private let condition = NSCondition()
  private var waiting: [MPIMessage] = []
  private var ending: Ending?
  private var status: Int32 = 1
  private var hosts: [String] = []
  private let ended = Tally()
  private let closed = Tally()

  private enum Ending { case finish, abort }

  /// Seconds of silence that a warning is worth, and that pass from one sign of life to the next.
  private static let (stall, beat) = (10.0, 1.0)
  /// Seconds that MPI's own end may take.
  private static let patience = 5.0

  /// Joins the others that the launcher began; returns when all have. A rank that is not heard of
  /// for `timeout` seconds ends the run. `say` is given a line about it: a warning, or the run's
  /// end. Throws an `MPIError`.
  public init(
    _ launcher: Launcher, timeout: Double,
    say: @escaping @Sendable (_ line: String, _ isEnd: Bool) -> Void
  ) throws {
    (self.timeout, self.say) = (timeout, say)
    host = hostName()
    library = try MPILibrary.open(for: launcher)
    let started = Tally()
    let thread = Thread {
      let error = cmpi_start()
      let size = Int(cmpi_size())
      guard error == 0, size > 1, size == launcher.size ?? size,
        Int(cmpi_rank()) == launcher.rank
      else {
        if error == 0 { cmpi_finish() }
        started.fail(
          MPIError(
            reason: error != 0
              ? "MPI can't start: error \(error)"
              : "the launcher began \(launcher.size.map { "\($0)" } ?? "several") processes, and \(self.library) knows of "
                + "\(size): it is not the launcher's own"))
        return
      }
      (self.rank, self.size) = (Int(cmpi_rank()), Int(cmpi_size()))
      started.add()
      self.serve()
    }
    thread.name = "MPI"
    thread.stackSize = 8 << 20
    thread.start()
    try started.take()
    hosts = try all(host)
  }

  /// The names of the machines, each once.
  public var hostNames: String {
    hosts.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      .joined(separator: ", ")
  }

  public func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, on channel: Channel) throws {
    try pass(
      MPIMessage(UnsafeMutableRawBufferPointer(mutating: bytes), rank, channel, isSent: true))
  }

  public func receive(
    _ bytes: UnsafeMutableRawBufferPointer, from rank: Int, on channel: Channel
  ) throws { try pass(MPIMessage(bytes, rank, channel, isSent: false)) }

  private func pass(_ message: MPIMessage) throws {
    condition.withLock {
      waiting.append(message)
      condition.signal()
    }
    try message.arrived.take()
  }

  public func abort(_ reason: String, status: Int32) {
    condition.withLock { self.status = status }
    end(.abort)
    try? ended.take()
  }

  /// Ends MPI, once every rank has come here: a launcher may end the others when one is gone, and
  /// rank 0 amid its last save. A launcher that was told to end all is no longer
  /// there for MPI's own end, which would wait for it.
  public func finish() {
    _ = try? all(rank)
    end(.finish)
    try? ended.take()
    closed.wait(Self.patience / 2)
  }

  private func end(_ ending: Ending) {
    condition.withLock {
      self.ending = self.ending ?? ending
      condition.signal()
    }
    guard ending == .abort else { return }
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: Self.patience)
      _exit(self.condition.withLock { self.status })
    }
  }

  // MARK: The thread that calls MPI

  /// Signs of life, around the ring of ranks: a byte each, 1 in the last.
  private struct Pulse {
    var (sent, heard) = (0.0, 0.0)
    var sending, listening: MPIMessage?
    var (saidLast, heardLast, hasWarned) = (false, false, false)
  }

  private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

  private func serve() {
    var active: [MPIMessage] = []
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 1)
    var pulse = Pulse()
    (pulse.heard, pulse.sent) = (Self.now, 0)
    var (idle, last) = (0, Self.now)
    while true {
      let (fresh, ending) = condition.withLock {
        defer { waiting = [] }
        return (waiting, self.ending)
      }
      if ending == .abort { break }
      for message in fresh where begin(message) { active.append(message) }
      let before = active.count
      active.removeAll { message in
        guard isDone(message) else { return false }
        message.arrived.add()
        return true
      }
      let now = Self.now
      // after a sleep of its own, this rank knows nothing of the others
      if now - last > Self.stall / 2 { pulse.heard = now }
      last = now
      beat(&pulse, bytes, now, isLast: ending == .finish)
      if ending == .finish, pulse.saidLast, pulse.heardLast, active.isEmpty, pulse.sending == nil {
        ended.add()
        cmpi_finish()
        closed.add()
        return
      }
      idle = fresh.isEmpty && active.count == before ? idle + 1 : 0
      if idle > 50 { rest(active.isEmpty ? 0.05 : idle < 1000 ? 1e-4 : 1e-3) }
    }
    cmpi_abort(condition.withLock { status })
    ended.add()
  }

  /// Sleeps, unless something is to be sent.
  private func rest(_ seconds: Double) {
    condition.withLock {
      guard waiting.isEmpty, ending == nil else {
        if ending != nil { Thread.sleep(forTimeInterval: 1e-4) }
        return
      }
      _ = condition.wait(until: Date(timeIntervalSinceNow: seconds))
    }
  }

  private func beat(
    _ pulse: inout Pulse, _ bytes: UnsafeMutableRawBufferPointer, _ now: Double, isLast: Bool
  ) {
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    if let sending = pulse.sending, isDone(sending) { pulse.sending = nil }
    if pulse.sending == nil, !pulse.saidLast, now - pulse.sent >= Self.beat || isLast {
      bytes[0] = isLast ? 1 : 0
      let message = MPIMessage(.init(rebasing: bytes[..<1]), next, .pulse, isSent: true)
      if begin(message) { pulse.sending = message }
      (pulse.sent, pulse.saidLast) = (now, isLast)
    }
    if let listening = pulse.listening, isDone(listening) {
      (pulse.listening, pulse.heard, pulse.hasWarned) = (nil, now, false)
      pulse.heardLast = bytes[1] == 1
    }
    if pulse.listening == nil, !pulse.heardLast {
      let message = MPIMessage(.init(rebasing: bytes[1...]), previous, .pulse, isSent: false)
      if begin(message) { pulse.listening = message }
    }
    let silence = now - pulse.heard
    guard !pulse.heardLast, silence > min(Self.stall, timeout) else { return }
    if silence > timeout {
      fail(previous, "not heard of for \(Int(silence)) s: stopped, dead or cut off")
    } else if !pulse.hasWarned {
      pulse.hasWarned = true
      say("rank \(previous) on \(name(previous)): not heard of for \(Int(silence)) s", false)
    }
  }

  private func name(_ rank: Int) -> String {
    hosts.indices.contains(rank) ? hosts[rank] : "an unknown host"
  }

  private func begin(_ message: MPIMessage) -> Bool { isGood(message.begin(), message) }

  private func isDone(_ message: MPIMessage) -> Bool {
    var error: Int32 = 0
    let isDone = message.isDone(&error)
    return isGood(error, message) && isDone
  }

  private func isGood(_ error: Int32, _ message: MPIMessage) -> Bool {
    if error != 0 { fail(message.peer, "can't be reached: MPI's error \(error)") }
    return error == 0
  }

  /// The end of the run because of another rank.
  private func fail(_ rank: Int, _ cause: String) {
    guard condition.withLock({ ending != .abort }) else { return }
    say("\(RankFailure(rank: rank, host: name(rank), cause: cause))", true)
    condition.withLock { ending = .abort }
    end(.abort)
  }
}
