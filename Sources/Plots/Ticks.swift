import Foundation

/// Where an axis has its ticks, and what is written at them.
struct Ticks: Equatable {
  var values: [Double] = []
  var labels: [String] = []

  /// At the given places, those that the scale shows; a label that has no room is left out.
  init(at places: [Double], on scale: Scale, length: Double, size: (String) -> Double) {
    values = places.filter { scale.range.contains($0) }.sorted()
    var end = -Double.infinity
    labels = values.map { value in
      let (label, place) = (Self.plain(value), scale.fraction(value) * length)
      guard place - size(label) / 2 >= end else { return "" }
      end = place + size(label) / 2 + 4
      return label
    }
  }

  /// About `count` of them, never more than one more, at round numbers: 1, 2 or 5 · 10ⁿ apart.
  init(on scale: Scale, count: Int) {
    if scale.isLogarithmic, let ticks = Self.decades(scale.range, count: count) {
      self = ticks
    } else if let step = Step(scale.range, count: count) {
      values = step.multiples(in: scale.range)
      labels = Self.labels(values, exponent: step.exponent)
    }
  }

  /// As many as have room for their labels on a length; `size` says how long a label is. Where
  /// only one would have room, every second tick may be without its label.
  init(on scale: Scale, length: Double, spacing: Double, size: (String) -> Double) {
    func candidates(_ spacing: Double) -> [Ticks] {
      stride(from: min(9, max(1, Int(length / spacing))), to: 0, by: -1).map {
        Ticks(on: scale, count: $0)
      }
    }
    let all = candidates(spacing)
    let halved = candidates(spacing / 2).map { ticks in
      // Zero keeps its label.
      let kept = (ticks.values.firstIndex(of: 0) ?? 0) % 2
      var ticks = ticks
      for i in ticks.labels.indices where i % 2 != kept { ticks.labels[i] = "" }
      return ticks
    }
    let fitting = (all + halved).map { $0.labelled(on: scale, length: length, size: size) }
    self =
      fitting.lazy.compactMap(\.self).first { $0.labels.count { !$0.isEmpty } > 1 }
      ?? fitting.lazy.compactMap(\.self).first { !$0.values.isEmpty } ?? Ticks()
  }

  /// Without the labels that reach far beyond the length's ends; nil if two run into each other.
  private func labelled(
    on scale: Scale, length: Double, size: (String) -> Double
  ) -> Ticks? {
    var ticks = self
    var end = -Double.infinity
    for (i, label) in labels.enumerated() where !label.isEmpty {
      let (place, half) = (scale.fraction(values[i]) * length, size(label) / 2)
      guard place - half >= end else { return nil }
      end = place + half + 7
      if max(half - place, place + half - length) > 15 { ticks.labels[i] = "" }
    }
    return ticks
  }

  /// The distance between ticks: digit · 10^exponent.
  struct Step: Equatable {
    var digit: Double
    var exponent: Int

    /// Nil if nothing can be told apart in the range.
    init?(_ range: ClosedRange<Double>, count: Int) {
      let least = min(
        range.upperBound / Double(count) - range.lowerBound / Double(count),
        .greatestFiniteMagnitude)
      guard least > 1e-300 else { return nil }
      exponent = Int(floor(log10(least)))
      let ratio = least / pow(10, Double(exponent))
      let digits = [1.0, 2, 5].first { ratio <= $0 * 1.000_001 }
      digit = digits ?? 1
      if digits == nil { exponent += 1 }
    }

    func multiples(in range: ClosedRange<Double>) -> [Double] {
      let size = digit * pow(10, Double(exponent))
      guard size.isFinite, size > 0 else { return [] }
      let first = ceil(range.lowerBound / size - 1e-9)
      let last = floor(range.upperBound / size + 1e-9)
      guard last - first >= 0, last - first < 100 else { return [] }
      return (0...Int(last - first)).map { i in
        let digits = (first + Double(i)) * digit
        // A negative power of ten is no exact number, a positive one is.
        let value =
          exponent < 0 && exponent > -300
          ? digits / pow(10, Double(-exponent)) : digits * pow(10, Double(exponent))
        return value == 0 ? 0 : value
      }
    }
  }

  /// At powers of ten, or at 1, 2 and 5 times them; nil if fewer than two lie in the range.
  private static func decades(_ range: ClosedRange<Double>, count: Int) -> Ticks? {
    let first = Int(floor(log10(range.lowerBound)))
    let last = Int(ceil(log10(range.upperBound)))
    let stride = max(1, Int((Double(last - first) / Double(max(1, count))).rounded(.up)))
    for digits in [[1.0], [1, 2, 5]] where digits.count == 1 || stride == 1 {
      var values: [Double] = []
      for exponent in first...last where exponent % stride == 0 {
        for digit in digits {
          let value = digit * pow(10, Double(exponent))
          if value >= range.lowerBound * 0.999_999, value <= range.upperBound * 1.000_001 {
            values.append(value)
          }
        }
      }
      if values.count > 1, digits.count == 3 || values.count > 2 || last - first > 3 {
        var ticks = Ticks()
        ticks.values = values
        ticks.labels = values.map(plain)
        return ticks
      }
    }
    return nil
  }

  private init() {}

  /// The numbers, all with the digits that tell them apart.
  static func labels(_ values: [Double], exponent: Int) -> [String] {
    let largest = values.map(abs).max() ?? 0
    return values.map { value in
      if value == 0 { return "0" }
      if largest >= 1e6 || largest < 1e-3 {
        let digits = Int(floor(log10(abs(value) * 1.000_000_1))) - exponent
        return scientific(value, digits: min(max(digits, 0), 15))
      }
      return minus(String(format: "%.*f", min(max(-exponent, 0), 15), value))
    }
  }

  /// One number in as few characters as show it.
  static func plain(_ value: Double) -> String {
    let size = abs(value)
    if size != 0, size >= 1e6 || size < 1e-3 {
      var text = scientific(value, digits: 3)
      if let point = text.firstIndex(of: "."), let e = text.firstIndex(of: "e") {
        let digits = text[point..<e].reversed().drop { $0 == "0" || $0 == "." }.reversed()
        text = text[..<point] + String(digits) + text[e...]
      }
      return text
    }
    return minus(String(format: "%.6g", value))
  }

  /// A figure in a sentence: three digits that count.
  static func rounded(_ value: Double) -> String {
    let size = abs(value)
    if size != 0, size >= 1e5 || size < 1e-3 { return scientific(value, digits: 2) }
    return minus(String(format: "%.3g", value))
  }

  private static func scientific(_ value: Double, digits: Int) -> String {
    let parts = String(format: "%.*e", digits, value).split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return minus("\(value)") }
    return minus("\(parts[0])e\(exponent)")
  }

  private static func minus(_ text: String) -> String {
    text.replacingOccurrences(of: "-", with: "−")
  }
}
