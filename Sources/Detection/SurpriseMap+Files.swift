import Media
import Models
import Tensors
import Training

extension SurpriseMap {
  /// Where in a file of a set the surprise lies, in bits: of an image in tiles the mean of those
  /// that cover a pixel; of a sound what its windows show.
  ///
  /// It has the noise that `Statistics` has. Throws a `FileError` if the file can't be read.
  public init(ofFile file: Int, in examples: any ExampleSet, by glow: Glow, seed: UInt64 = 0)
    throws
  {
    let c = glow.configuration
    let windows = examples.windows.filter { $0.file == file }
    let height = windows.map { $0.row + c.height }.max() ?? 0
    let width = windows.map { $0.start + $0.width }.max() ?? 0
    let noise = RandomStream(seed: seed, .validationNoise)
    var sum = SurpriseMap(height: height, width: width)
    var covered = SurpriseMap(height: height, width: width)
    for window in windows {
      let shape = [1, c.height, window.width, c.channels]
      var samples = [Int16](repeating: 0, count: shape.reduce(1, *))
      try samples.withUnsafeMutableBufferPointer { try examples.read(window, into: $0) }
      let u = noise.uniform(shape, from: window.start * c.height * c.channels)
      let drawn = glow.dequantize(samples, noise: u)
      let map = glow.surprise(drawn)[0].bits(channels: c.channels, binBits: c.grid.binBits)
      sum.add(map, row: window.row, column: window.start)
      covered.add(
        SurpriseMap(height: c.height, width: window.width, repeating: 1), row: window.row,
        column: window.start)
    }
    self = sum.divided(by: covered)
  }

  /// The mean over consecutive columns and all rows, each with where it ends; of sound, bits a
  /// frame by moments.
  public func moments(of columns: Int) -> [(columns: Range<Int>, mean: Double)] {
    stride(from: 0, to: width, by: columns).map { first in
      let range = first..<min(first + columns, width)
      let sum = (0..<height).reduce(0) { sum, y in
        sum + values[y * width + range.lowerBound..<y * width + range.upperBound].reduce(0, +)
      }
      return (range, sum / Double(height * range.count))
    }
  }
}
