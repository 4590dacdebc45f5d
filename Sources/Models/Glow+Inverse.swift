import Flows
import Tensors

/// From latents to data: decoding and sampling, of sounds of any length.
extension Glow {
  /// Frames of a sound that go through the model at once, beside what they depend on; four times as
  /// many as they depend on to either side, where that is more.
  public static let tile = 1 << 16

  /// x, from what `latents` returned.
  ///
  /// What passes between the couplings of a sound is in double (`DoubleFlow`).
  ///
  /// A long sound is made in tiles that overlap by all that a frame depends on, so that they meet
  /// exactly: in float32 with AVX-512 to the bit, if they are no shorter than 128 frames of the last
  /// level, else to rounding.
  public func decode(_ latents: [Tensor], condition: Tensor? = nil, tile: Int? = nil) -> Tensor {
    precondition(latents.count == levels.count, "one latent a level")
    return .concatenatedExamples(
      inShares(of: latents[0].examples) { own in
        decode(
          together: latents.map { $0.examples(own) }, condition: condition?.examples(own),
          tile: tile)
      })
  }

  private func decode(together latents: [Tensor], condition: Tensor?, tile: Int?) -> Tensor {
    let (shape, squeeze) = (latents[0].shape, configuration.squeeze)
    return tiled(shape[2] * squeeze.width, tile) { columns in
      let whole = [shape[0], shape[1] * squeeze.height, columns.count]
      let levels = tileLevels(columns, whole, condition)
      let own = latents.enumerated().map { $1.columns(columns.relative(to: 0..<0, over: 2 << $0)) }
      return configuration.medium.isSound
        ? Self.decodeInDouble(own, levels) : Self.decode(own, levels)
    }
  }

  private static func decode(_ latents: [Tensor], _ levels: [Level]) -> Tensor {
    var x: Tensor?
    for (z, level) in zip(latents, levels).reversed() { x = level.inverse(z, x) }
    guard let x else { preconditionFailure("a model has a level") }
    return x
  }

  private static func decodeInDouble(_ latents: [Tensor], _ levels: [Level]) -> Tensor {
    var x: DoubleTensor?
    for (z, level) in zip(latents, levels).reversed() { x = level.inverse(DoubleTensor(z), x) }
    guard let x else { preconditionFailure("a model has a level") }
    return x.rounded
  }

  /// Fresh examples, [count, H, W, C], W the model's unless given; every deviation is multiplied by
  /// `temperature`.
  ///
  /// The noise of example n is a function of seed and n alone, and of the place in the example: a
  /// longer series begins with the shorter one, and so does a longer sound but for its end.
  public func sample(
    _ examples: Range<Int>, width: Int? = nil, temperature: Float, labels: [Int]? = nil,
    condition: Tensor? = nil, seed: UInt64, tile: Int? = nil
  ) -> Tensor {
    .concatenatedExamples(
      inShares(of: examples.count) { own in
        sample(
          together: examples.lowerBound + own.lowerBound..<examples.lowerBound + own.upperBound,
          width: width, temperature: temperature, labels: labels.map { Array($0[own]) },
          condition: condition?.examples(own), seed: seed, tile: tile)
      })
  }

  private func sample(
    together examples: Range<Int>, width: Int?, temperature: Float, labels: [Int]?,
    condition: Tensor?, seed: UInt64, tile: Int?
  ) -> Tensor {
    let shapes = latentShapes(width: width)
    return tiled(width ?? configuration.width, tile) { columns in
      let whole = [examples.count, configuration.height, columns.count]
      var x: Tensor?
      for (index, level) in tileLevels(columns, whole, condition).enumerated().reversed() {
        let range = columns.relative(to: 0..<0, over: 2 << index)
        let shape = [1, shapes[index][0], range.count, shapes[index][2]]
        let noise = Tensor.concatenatedExamples(
          examples.map { n in
            RandomStream(seed: seed, .samples, n << 4 | index)
              .normal(shape, from: range.lowerBound * shape[3])
          })
        let z = level.sample(x, noise: noise, temperature: temperature, labels: labels)
        x = level.inverse(z, x)
      }
      guard let x else { preconditionFailure("a model has a level") }
      return x
    }
  }

  /// A fresh latent of one level, given those of the levels behind it, the examples' others being
  /// of no matter; deviations are multiplied by `temperature`. Without labels, a model with classes
  /// takes each example as of the class that makes it most likely.
  public func latent(
    _ level: Int, given latents: [Tensor], temperature: Float, labels: [Int]? = nil, seed: UInt64
  ) -> Tensor {
    var next: Tensor?
    for deeper in levels.indices.reversed() where deeper > level {
      next = levels[deeper].inverse(latents[deeper], next)
    }
    let noise = RandomStream(seed: seed, .samples, level).normal(latents[level].shape)
    var labels = labels
    if case .prior(let prior) = levels[level].end, labels == nil {
      labels = prior.likeliestLabels(latents[level])
    }
    return levels[level].sample(next, noise: noise, temperature: temperature, labels: labels)
  }

  /// As `encode`, of a sound that may be long: its latents alone, tile by tile.
  public func latents(
    of x: Tensor, labels: [Int]? = nil, condition: Tensor? = nil, tile: Int? = nil
  ) -> [Tensor] {
    let shares = inShares(of: x.examples) { own in
      latents(
        together: x.examples(own), labels: labels.map { Array($0[own]) },
        condition: condition?.examples(own), tile: tile)
    }
    return levels.indices.map { level in .concatenatedExamples(shares.map { $0[level] }) }
  }

  private func latents(together x: Tensor, labels: [Int]?, condition: Tensor?, tile: Int?)
    -> [Tensor]
  {
    let parts = tiles(x.shape[2], tile).map { inner, outer in
      let levels = tileLevels(outer, [x.examples, x.shape[1], outer.count], condition)
      let x = x.columns(outer)
      let latents =
        configuration.medium.isSound
        ? Self.encodeInDouble(x, levels) : encode(x, labels, levels).latents
      return latents.enumerated().map { level, z in
        z.columns(inner.relative(to: outer, over: 2 << level))
      }
    }
    return levels.indices.map { level in .concatenatedColumns(parts.map { $0[level] }) }
  }

  private static func encodeInDouble(_ x: Tensor, _ levels: [Level]) -> [Tensor] {
    var next: DoubleTensor? = DoubleTensor(x)
    return levels.map { level in
      guard let x = next else { preconditionFailure("only the last level ends") }
      let z: DoubleTensor
      (next, z) = level.latent(of: x)
      return z.rounded
    }
  }

  /// [H, W, C] of the latent of each level, for an example of the model's width unless given.
  public func latentShapes(width: Int? = nil) -> [[Int]] {
    configuration.levelShapes(width: width).enumerated().map { level, shape in
      let isLast = level == levels.count - 1
      return [shape.height, shape.width, isLast ? shape.channels : shape.channels / 2]
    }
  }

  /// The levels, told what of a condition belongs to these columns of examples of this shape there.
  private func tileLevels(_ columns: Range<Int>, _ shape: [Int], _ condition: Tensor?) -> [Level] {
    guard let condition, let kind = configuration.condition else { return levels }
    guard case .sound = configuration.medium else { return levels(given: condition, for: shape) }
    let places = kind.places(of: columns, count: condition.shape[2])
    return levels(
      given: condition.columns(places), for: shape,
      from: columns.lowerBound - places.lowerBound * kind.spacing)
  }

  private func tiled(_ width: Int, _ tile: Int?, _ body: (Range<Int>) -> Tensor) -> Tensor {
    let parts = tiles(width, tile).map { inner, outer in
      body(outer).columns(inner.relative(to: outer, over: 1))
    }
    return .concatenatedColumns(parts)
  }

  /// The tiles of an example, and each with what it depends on; images are one.
  private func tiles(_ width: Int, _ tile: Int?) -> [(inner: Range<Int>, outer: Range<Int>)] {
    guard case .sound = configuration.medium else { return [(0..<width, 0..<width)] }
    let field = configuration.receptiveField
    // tiles shorter than their margins would be made many times over
    let wanted = tile ?? max(Glow.tile, 4 * field)
    // where tiles begin and end with a block of every level, they come to the bits of the whole
    let blocks = configuration.unit * Tensor.rowsAtOnce
    let unit = wanted < blocks ? configuration.unit : blocks
    let margin = (field + unit - 1) / unit * unit
    let tile = max(unit, wanted / unit * unit)
    return stride(from: 0, to: width, by: tile).map { start in
      let end = min(start + tile, width)
      return (start..<end, max(0, start - margin)..<min(width, end + margin))
    }
  }
}

extension Range<Int> {
  /// This range counted from the start of another, in units of `scale`.
  fileprivate func relative(to other: Range<Int>, over scale: Int) -> Range<Int> {
    (lowerBound - other.lowerBound) / scale..<(upperBound - other.lowerBound) / scale
  }
}
