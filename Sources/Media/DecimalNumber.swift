/// What a cell of a table of text holds.
enum DecimalNumber: Equatable {
  /// A number, the double nearest to what is written.
  case number(Double)
  /// Nothing, NA, NaN, N/A, null, none or ?, in any case.
  case missing
  /// An infinity, by name or by its exponent.
  case infinite
  /// Anything else.
  case text

  /// What a number was written with.
  struct Notation: Equatable {
    var point = false
    var comma = false
    /// The comma can't be one that groups thousands.
    var clearComma = false
  }

  /// Reads a cell from which spaces around it were taken; a single comma is a decimal one.
  ///
  /// Up to 2⁵³ and 10^±22 one multiplication or division by a power of ten, which is itself exact,
  /// rounds correctly (Clinger, 1990); the standard library reads the rest.
  @inline(__always)
  static func read(_ cell: UnsafeBufferPointer<UInt8>, _ notation: inout Notation) -> Self {
    var position = 0
    let count = cell.count
    let negative = count > 0 && cell[0] == minus
    if count > 0 && (negative || cell[0] == plus) { position = 1 }
    var mantissa: UInt64 = 0
    let whole = position
    while position < count, case let digit = cell[position] &- zero, digit < 10 {
      mantissa = mantissa &* 10 &+ UInt64(digit)
      position += 1
    }
    var digits = position - whole
    var exponent = 0
    if position < count, cell[position] == point {
      position += 1
      let start = position
      while position < count, case let digit = cell[position] &- zero, digit < 10 {
        mantissa = mantissa &* 10 &+ UInt64(digit)
        position += 1
      }
      notation.point = true
      exponent = start - position
      digits -= exponent
    }
    guard position == count, digits > 0, digits < 20, mantissa <= 1 << 53, exponent >= -22 else {
      return readSlowly(cell, &notation)
    }
    let value = Double(mantissa) / powers[-exponent]
    return .number(negative ? -value : value)
  }

  /// Reads what `read` leaves: exponents, many digits, decimal commas, words.
  @inline(never)
  private static func readSlowly(
    _ cell: UnsafeBufferPointer<UInt8>, _ notation: inout Notation
  ) -> Self {
    notation.point = false
    guard cell.count < 1000 else { return .text }
    let text = String(decoding: cell, as: UTF8.self)
    // Swift's own reader also takes hexadecimal numbers, and "nan(1)".
    var (hasPoint, commas, isNumeric, hasDigit) = (false, 0, true, false)
    for byte in cell {
      switch byte {
      case zero...nine: hasDigit = true
      case point: hasPoint = true
      case comma: commas += 1
      case plus, minus, UInt8(ascii: "e"), UInt8(ascii: "E"): break
      default: isNumeric = false
      }
    }
    guard isNumeric && hasDigit else { return word(text.lowercased()) }
    if commas == 0 {
      guard let value = Double(text) else { return .text }
      notation.point = hasPoint
      return value.isFinite ? .number(value) : .infinite
    }
    guard commas == 1, !hasPoint, let value = Double(text.replacing(",", with: ".")) else {
      return .text
    }
    notation.comma = true
    notation.clearComma = !isGrouped(text.drop { $0 == "+" || $0 == "-" })
    return value.isFinite ? .number(value) : .infinite
  }

  private static func word(_ text: String) -> Self {
    if missingWords.contains(text) { return .missing }
    let unsigned = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text[...]
    return unsigned == "inf" || unsigned == "infinity" ? .infinite : .text
  }

  /// Whether a number without sign could be a whole one whose comma groups thousands.
  private static func isGrouped(_ text: Substring) -> Bool {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return (1...3).contains(parts[0].utf8.count) && parts[0] != "0" && parts[1].utf8.count == 3
      && parts[1].utf8.allSatisfy { (zero...nine).contains($0) }
  }

  private static let zero = UInt8(ascii: "0")
  private static let nine = UInt8(ascii: "9")
  private static let plus = UInt8(ascii: "+")
  private static let minus = UInt8(ascii: "-")
  private static let point = UInt8(ascii: ".")
  private static let comma = UInt8(ascii: ",")
  private static let missingWords: Set<String> = ["", "na", "nan", "n/a", "null", "none", "?"]
  /// 10⁰ to 10²², each of them exact.
  private static let powers: [Double] = (0...22).map { Double("1e\($0)") ?? .nan }
}
