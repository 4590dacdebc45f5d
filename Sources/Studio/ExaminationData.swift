import Detection

/// What a model says of an example, as the page draws it.
struct ExaminationData: Encodable, Sendable {
  struct Level: Encodable, Sendable {
    let logDetBits, densityBits: Double
    /// [H, W, C].
    let shape: [Int]
    /// The mean square of the latent, 1 where it is N(0, 1).
    let meanSquare: Double
    /// The latent brought to N(0, 1): the channels of an image side by side, those of a sound below
    /// each other.
    let latent: GridData
  }

  let bitsPerDimension: Double
  let figure: String
  var binBits: Double?
  /// Bits a pixel, or a frame.
  var map: GridData?
  var levels: [Level] = []

  /// A bound, of which nothing else is known.
  init(bitsPerDimension: Double, figure: String) {
    (self.bitsPerDimension, self.figure) = (bitsPerDimension, figure)
  }

  init(_ e: Examination, figure: String, isSound: Bool) {
    (bitsPerDimension, self.figure, binBits) = (e.bitsPerDimension, figure, e.binBits)
    map = GridData(width: e.map.width, height: e.map.height, e.map.values.map { Float($0) })
    levels = e.levels.map { level in
      let (z, shape) = (level.latent.elements, Array(level.latent.shape.dropFirst()))
      let squares = z.reduce(0.0) { $0 + Double($1) * Double($1) }
      return Level(
        logDetBits: level.logDetBits, densityBits: level.densityBits, shape: shape,
        meanSquare: squares / Double(max(1, z.count)), latent: Self.grid(z, shape, isSound))
    }
  }

  private static func grid(_ z: [Float], _ shape: [Int], _ isSound: Bool) -> GridData {
    let (h, w, c) = (shape[0], shape[1], shape[2])
    // as many columns of channels as make the picture near a square; of a sound one
    let across = isSound ? 1 : (1...c).first { $0 * $0 * w >= c * h && c % $0 == 0 } ?? c
    let (width, height) = (across * w, (c + across - 1) / across * h)
    var values = [Float](repeating: 0, count: width * height)
    for k in 0..<c {
      let (left, top) = (k % across * w, k / across * h)
      for y in 0..<h {
        for x in 0..<w { values[(top + y) * width + left + x] = z[(y * w + x) * c + k] }
      }
    }
    return GridData(width: width, height: height, values)
  }
}
