import ArgumentParser
import Foundation
import Media

/// Examples that are made piece by piece: shows how far it is, and Ctrl-C ends it between two
/// pieces.
struct PieceWork {
  /// How many there are to be made, and how many are.
  let count: Int
  private(set) var done = 0
  /// What one is called.
  private let noun: String
  private var bar: ProgressBar
  private var status: Int32?

  init(_ count: Int, _ noun: String, isQuiet: Bool = false) {
    (self.count, self.noun) = (count, noun)
    bar = ProgressBar(isQuiet: isQuiet)
  }

  /// Whether it was ended early.
  var isStopped: Bool { done < count }

  /// Makes each piece in turn by `body`, until all are made or somebody asks for the end, of any
  /// rank; throws what `body` throws, and a `RankFailure`. What takes less than two seconds shows nothing.
  mutating func make(_ pieces: [Range<Int>], _ body: (Range<Int>) throws -> Void) throws {
    Interruption.watch()
    let start = ContinuousClock.now
    for piece in pieces {
      status = try World.interruption()
      if status != nil { break }
      do {
        try body(piece)
      } catch {
        bar.clear()
        throw error
      }
      done = piece.upperBound
      let spent = start.duration(to: .now) / .seconds(1)
      if spent < 2 || !isStopped { continue }
      let rate = Double(done) / spent
      bar.update(
        done: Double(done) / Double(count),
        "\(grouped(done)) of \(counted(count, noun))  "
          + "\(rate.formatted(rate < 10 ? 1 : 0)) \(noun)s/s  "
          + "\(ProgressBar.clock(Double(count - done) / rate)) left")
    }
  }

  /// Takes the bar off the screen, where something else is said at the end.
  func clear() { bar.clear() }

  /// Says in one line how many there are and where, and a note; if it was ended early, throws the
  /// status that the process ends with.
  func end(in place: String, note text: String? = nil) throws {
    let made = isStopped ? "stopped: \(grouped(done)) of " : ""
    bar.line(made + counted(count, noun) + (done > 0 ? " in \(place)" : ""))
    if let text { note(text) }
    if isStopped, let status { throw ExitCode(status) }
  }
}
