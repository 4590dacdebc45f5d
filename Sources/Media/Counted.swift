/// A number and what is counted, for a user: "1 sound", "2,700 sounds".
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// A number for a user: "2,700".
package func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  for place in stride(from: digits.count - 3, to: 0, by: -3) {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
  }
  return (number < 0 ? "-" : "") + digits
}
