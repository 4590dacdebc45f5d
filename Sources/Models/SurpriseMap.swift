import Foundation

/// What each pixel of an image, or each frame of a sound, adds to −log p(x), all of its channels
/// together.
public struct SurpriseMap: Equatable, Sendable {
  /// In pixels; a sound is one row, a column a frame.
  public let height, width: Int
  /// Row by row, nats until `bits` makes them bits.
  public private(set) var values: [Double]

  /// A map of one number.
  public init(height: Int, width: Int, repeating value: Double = 0) {
    (self.height, self.width) = (height, width)
    values = Array(repeating: value, count: height * width)
  }

  /// Adds a smaller map where it begins at a row and a column.
  public mutating func add(_ part: SurpriseMap, row: Int, column: Int) {
    for y in 0..<part.height {
      for x in 0..<part.width {
        values[(row + y) * width + column + x] += part.values[y * part.width + x]
      }
    }
  }

  /// Each number over that of another map; 0 where that is 0.
  public func divided(by other: SurpriseMap) -> SurpriseMap {
    var map = self
    for i in values.indices {
      map.values[i] = other.values[i] == 0 ? 0 : values[i] / other.values[i]
    }
    return map
  }

  /// Adds a coarser map, of which each position covers as many pixels, evenly shared.
  mutating func add(_ coarse: [Double], rows: Int, columns: Int) {
    precondition(height % rows == 0 && width % columns == 0 && coarse.count == rows * columns)
    let (tall, wide) = (height / rows, width / columns)
    for y in 0..<height {
      for x in 0..<width {
        values[y * width + x] += coarse[y / tall * columns + x / wide] / Double(tall * wide)
      }
    }
  }

  /// The map in bits, of examples whose channels have bins of width Δ; it adds up to D · bits/dim:
  ///
  ///     −log2 p at a pixel + channels · log2(1/Δ)
  public func bits(channels: Int, binBits: Int) -> SurpriseMap {
    var map = self
    map.values = values.map { $0 / log(2) + Double(channels * binBits) }
    return map
  }

  /// The sum over all pixels.
  public var total: Double { values.reduce(0, +) }
}
