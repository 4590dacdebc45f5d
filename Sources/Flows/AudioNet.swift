import Tensors

/// The net of a sound's coupling, in the style of WaveNet but not causal:
///
///     conv 1×1 → M gated layers of dilation 1, 2, 4, …, each adding to h and to skip
///     → zero conv 1×1 of skip
///
/// A condition, at its own rows, goes through one 1×1 convolution for all layers, C → 2F·M; layer j
/// adds channels 2F·j to 2F·(j + 1) of that, at the rows they stand for, to what its gate takes.
///
/// x: [N, 1, T, I]; hidden: [N, 1, T, F]; h: [N, 1, T, O]. Each output sees 2^M − 1 frames to
/// either side. Van den Oord et al. (2016), section 2; Prenger, Valle & Catanzaro (2019), section
/// 2.2.
public struct AudioNet: CouplingNet {
  let start, end: Convolution
  let layers: [GatedLayer]
  /// Nil of a net that is told nothing.
  let condition: Convolution?
  private var given: RowsBetween?

  /// A fresh net with `width` hidden channels, told so many numbers beside its input; its output
  /// starts at `bias`, zero where nil.
  public init(
    inputs: Int, width: Int, outputs: Int, layers: Int, condition channels: Int = 0,
    bias: [Float]? = nil,
    precision: SharedPrecision = SharedPrecision(),
    seed: UInt64, index: Int
  ) {
    // one stream a net, its parts far apart
    let random = RandomStream(seed: seed, .parameters, index)
    start = .plain(
      inputs, width, random: random, weights: 0, biases: inputs * width, precision: precision)
    end = .zero(width, outputs, kernel: (1, 1), bias: bias, precision: precision)
    self.layers = (0..<layers).map { j in
      func part(_ n: Int) -> Int { (4 * j + n) << 32 }
      return GatedLayer(
        dilated: .plain(
          width, 2 * width, taps: 3, dilation: 1 << j, random: random, weights: part(1),
          biases: part(2), precision: precision),
        output: .plain(
          width, j == layers - 1 ? width : 2 * width, random: random, weights: part(3),
          biases: part(4), precision: precision))
    }
    func last(_ n: Int) -> Int { (4 * layers + n) << 32 }
    condition =
      channels == 0
      ? nil
      : .plain(
        channels, 2 * width * layers, random: random, weights: last(1), biases: last(2),
        precision: precision)
  }

  public func given(_ condition: RowsBetween) -> AudioNet {
    var net = self
    net.given = condition
    return net
  }

  public func forExamples(_ range: Range<Int>) -> AudioNet {
    given.map { given($0.examples(range)) } ?? self
  }

  /// What each layer is told.
  private var told: [RowsBetween?] {
    guard let condition else { return layers.map { _ in nil } }
    guard let given else { preconditionFailure("a net with a condition is given one") }
    let all = given.replaced(by: condition.forward(given.table))
    let width = all.table.channels / layers.count
    return layers.indices.map { all.channels($0 * width..<($0 + 1) * width) }
  }

  /// What each layer saved and was told, and the sum of what they skip.
  public typealias Saved = (layers: [(own: GatedLayer.Saved, told: RowsBetween?)], skip: Tensor)

  public var precision: Precision { start.precision }

  public func forward(_ x: Tensor) -> (h: Tensor, saved: Saved) {
    var (h, skip): (Tensor?, Tensor?) = (start.forward(x), nil)
    var kept: [(GatedLayer.Saved, RowsBetween?)] = []
    for (layer, told) in zip(layers, told) {
      guard let input = h else { preconditionFailure("only the last layer ends h") }
      let saved: GatedLayer.Saved
      (h, skip, saved) = layer.forward(input, adding: skip, condition: told)
      kept.append((saved, told))
    }
    guard let skip else { preconditionFailure("a net has a layer") }
    return (end.forward(skip), (kept, skip))
  }

  public func backward(_ x: Tensor, _ saved: Saved, _ dh: Tensor) -> Tensor {
    let dSkip = end.backward(saved.skip, dh, consuming: dh)
    var (d, dTold): (Tensor?, [Tensor]) = (nil, [])
    for (layer, kept) in zip(layers, saved.layers).reversed() {
      let one: Tensor?
      (d, one) = layer.backward(consuming: kept.own, d, dSkip, condition: kept.told)
      if let one { dTold.append(one) }
    }
    if let condition, let given {
      condition.addGradients(given.table, .concatenated(dTold.reversed()))
    }
    guard let d, let first = saved.layers.first else { preconditionFailure("a net has a layer") }
    // without a rectifier it asks nothing of what it gave, which a layer keeps rounded
    return start.backward(x, first.own.h, consuming: d)
  }

  /// Nothing here depends on data.
  public func initialize(from parts: [Tensor]) {}

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    start.visitParameters(path + ".start", body)
    for (j, layer) in layers.enumerated() {
      layer.dilated.visitParameters(path + ".layers.\(j).dilated", body)
      layer.output.visitParameters(path + ".layers.\(j).output", body)
    }
    condition?.visitParameters(path + ".condition", body)
    end.visitParameters(path + ".end", body)
  }
}
