import Foundation
import Media

/// Draws that become files as they are drawn: numbered, in a folder, and where they have classes in
/// a folder a class.
struct SampleFiles<Example> {
  /// The first draws, for a picture.
  private(set) var kept: [Example] = []
  private let folder: String?
  private let ending: String
  private let classes: [String]
  private let most: Int
  private var made: Set<String> = []
  private var work: PieceWork
  private var clamped = 0

  /// Files 0001 to `count` in a folder that is made with the first of them, or in none; `most`
  /// draws are kept. One is called `noun`.
  init(
    _ folder: String?, _ count: Int, _ noun: String, ending: String, classes: [String],
    keeping most: Int
  ) {
    (self.folder, self.ending, self.classes, self.most) = (folder, ending, classes, most)
    work = PieceWork(count, noun)
  }

  /// How many there are.
  var done: Int { work.done }

  /// Where they are, for the screen; nil if in no folder.
  var said: String? { folder.map { classes.isEmpty ? $0 : "\($0), a folder a class" } }

  /// Draws piece by piece, as `PieceWork` does, and writes each draw. Throws what `draw` and
  /// `write` do, and a `FileError` if a folder can't be made.
  mutating func make(
    _ pieces: [Range<Int>], label: (Int) -> Int?, draw: (Range<Int>) throws -> ([Example], Int),
    write: (Example, String) throws -> Void
  ) throws {
    var work = work
    defer { self.work = work }
    try work.make(pieces) { piece in
      let (drawn, clamped) = try draw(piece)
      for (n, example) in zip(piece, drawn) {
        if let path = try path(of: n, label(n)) { try write(example, path) }
      }
      kept += drawn.prefix(most - kept.count)
      self.clamped += clamped
    }
  }

  /// Says how many there are and where, as `PieceWork` does, and how many of their values, so many
  /// in each, were clamped.
  func end(in place: String, dimensions: Int) throws {
    let share = 100 * Double(clamped) / Double(max(1, done * dimensions))
    try work.end(
      in: place,
      note: clamped == 0
        ? nil : "\(share.formatted(2)) % of the values were out of range and clamped")
  }

  private mutating func path(of n: Int, _ label: Int?) throws -> String? {
    guard let folder else { return nil }
    let own = label.map { Folder.path(folder, Self.name(of: classes[$0])) } ?? folder
    if made.insert(own).inserted { try Folder.make(own) }
    let digits = max(4, String(work.count).count)
    return Folder.path(own, String(format: "%0\(digits)d", n + 1) + ".\(ending)")
  }

  /// The name of a class as that of a folder; it comes out of a file, and must not lead elsewhere.
  private static func name(of className: String) -> String {
    let name = String(className.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    return name.isEmpty || name.hasPrefix(".") ? "_" + name : name
  }
}
