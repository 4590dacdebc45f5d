/// Names of files to write, after those of what they come from, each unlike those before it.
struct FileNames {
  private let ending: String
  private var taken: Set<String> = []

  /// Names that end so.
  init(ending: String) { self.ending = ending }

  /// A name, with its folders, and with this ending in the place of `other`, by default the same.
  mutating func name(_ name: String, from other: String? = nil) -> String {
    let other = other ?? ending
    var base = name
    if base.lowercased().hasSuffix(other) { base.removeLast(other.count) }
    if base.isEmpty || base.hasSuffix("/") { base += "file" }
    var (candidate, number) = (base, 2)
    while !taken.insert(candidate).inserted {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate + ending
  }
}
