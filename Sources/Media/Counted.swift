/// A number and what is counted, for a user: "1 sound", "2,700 sounds".
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(counted(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// A number for a user: "2,700".
package func counted(_ count: Int) -> String {
  var digits = String(count)
  for place in stride(from: digits.count - 3, to: 0, by: -3) {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
  }
  return digits
}
