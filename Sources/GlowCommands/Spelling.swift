/// What somebody may have meant.
enum Spelling {
  /// The nearest of some names, if one is near: a letter or two apart, or begun alike.
  static func nearest(to word: String, in names: [String]) -> String? {
    let word = word.lowercased()
    let near = names.map { (name: $0, distance: distance(word, $0)) }
      .filter { $0.distance <= max(1, min(2, word.count / 2)) }
      .min { $0.distance < $1.distance }
    return near?.name
      ?? names.first { word.count > 2 && ($0.hasPrefix(word) || word.hasPrefix($0)) }
  }

  /// Letters to put in, take out or change, at least (Levenshtein).
  private static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    guard !a.isEmpty else { return b.count }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let change = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(change, row[j + 1] + 1, row[j] + 1)
      }
    }
    return row[b.count]
  }
}
