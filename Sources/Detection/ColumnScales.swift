/// Columns brought to their median and their spread, so that their sizes do not matter, nor a few
/// numbers that are far out.
///
///     (x − median) / (upper quartile − lower quartile)
struct ColumnScales {
  private let centers, spreads: [Double]

  /// How many spreads from the median a number may lie where a Gaussian is put through it.
  private static let reach = 8.0

  /// Of rows of this width, one behind the other.
  init(of values: [Double], width: Int) {
    let columns = (0..<width).map { column in
      stride(from: column, to: values.count, by: width).map { values[$0] }.sorted()
    }
    centers = columns.map { Self.quantile($0, 0.5) }
    spreads = columns.map { column in
      // where most are the same, those that are not
      for part in [0.25, 0.1, 0.02, 0] {
        let spread = Self.quantile(column, 1 - part) - Self.quantile(column, part)
        if spread > 0 { return spread }
      }
      return 1e-6 * (1 + abs(Self.quantile(column, 0.5)))
    }
  }

  private static func quantile(_ sorted: [Double], _ part: Double) -> Double {
    sorted.isEmpty ? 0 : sorted[Int((part * Double(sorted.count - 1)).rounded())]
  }

  /// Rows in these scales.
  func scaled(_ values: [Double]) -> [Double] {
    values.indices.map { i in
      let column = i % centers.count
      return (values[i] - centers[column]) / spreads[column]
    }
  }

  /// A scaled row as a Gaussian is put through it: what is farther out counts as far as it may be.
  static func held(_ row: ArraySlice<Double>) -> ArraySlice<Double> {
    row.map { min(max($0, -reach), reach) }[...]
  }
}
