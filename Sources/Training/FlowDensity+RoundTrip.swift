import Models
import Tensors

extension FlowDensity {
  /// The largest |x − decode(encode(x))| over this many draws from the model, in standard
  /// deviations of the draws' columns; NaN if a number is not finite.
  public func roundTripError(draws: Int, seed: UInt64 = 0) -> Double {
    precondition(draws > 1)
    let context = ContextRows(drawing: draws, for: configuration, seed: seed).context(0..<draws)
    let x = sample(0..<draws, context, seed: seed)
    let back = decode(encode(x, context).z, context).elements
    let (elements, d) = (x.elements, configuration.columns.count)
    return (0..<d).map { column -> Double in
      let places = stride(from: column, to: elements.count, by: d)
      let mean = places.reduce(0) { $0 + Double(elements[$1]) } / Double(draws)
      let variance =
        places.reduce(0) { $0 + (Double(elements[$1]) - mean) * (Double(elements[$1]) - mean) }
        / Double(draws)
      let largest = places.map { abs(Double(elements[$0]) - Double(back[$0])) }
        .reduce(0) { $0.isNaN || $1 <= $0 ? $0 : $1 }  // NaN if any is
      return largest / max(variance.squareRoot(), .leastNormalMagnitude)
    }.reduce(0) { $0.isNaN || $1 <= $0 ? $0 : $1 }
  }
}
