extension Array {
  /// At most so many of the elements, evenly spread over all of them.
  func spread(most: Int) -> [Element] {
    let n = Swift.min(count, most)
    return (0..<n).map { self[$0 * count / n] }
  }
}
