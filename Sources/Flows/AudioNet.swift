import Tensors

/// The net of a sound's coupling, in the style of WaveNet but not causal:
///
///     conv 1×1 → M gated layers of dilation 1, 2, 4, …, each adding to h and to skip
///     → zero conv 1×1 of skip
///
/// x: [N, 1, T, I]; hidden: [N, 1, T, F]; h: [N, 1, T, O]. Each output sees 2^M − 1 frames to
/// either side. Van den Oord et al. (2016), section 2; Prenger, Valle & Catanzaro (2019), section
/// 2.2.
public struct AudioNet: CouplingNet {
  let start, end: Convolution
  let layers: [GatedLayer]

  /// A fresh net with `width` hidden channels; its output starts at `bias`, zero where nil.
  public init(
    inputs: Int, width: Int, outputs: Int, layers: Int, bias: [Float]? = nil,
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
  }

  /// The input and the gates of each layer, and the sum of what they skip.
  public typealias Saved = (layers: [(h: Tensor, gates: Tensor)], skip: Tensor)

  public var precision: Precision { start.precision }

  public func forward(_ x: Tensor) -> (h: Tensor, saved: Saved) {
    var (h, skip): (Tensor?, Tensor?) = (start.forward(x), nil)
    var kept: [(Tensor, Tensor)] = []
    for layer in layers {
      guard let input = h else { preconditionFailure("only the last layer ends h") }
      let gates: Tensor
      (h, skip, gates) = layer.forward(input, adding: skip)
      kept.append((input, gates))
    }
    guard let skip else { preconditionFailure("a net has a layer") }
    return (end.forward(skip), (kept, skip))
  }

  public func backward(_ x: Tensor, _ saved: Saved, _ dh: Tensor) -> Tensor {
    let dSkip = end.backward(saved.skip, dh, consuming: dh)
    var d: Tensor?
    for (layer, kept) in zip(layers, saved.layers).reversed() {
      d = layer.backward(kept.h, consuming: kept.gates, d, dSkip)
    }
    guard let d, let first = saved.layers.first else { preconditionFailure("a net has a layer") }
    return start.backward(x, first.h, consuming: d)
  }

  /// Nothing here depends on data.
  public func initialize(from parts: [Tensor]) {}

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    start.visitParameters(path + ".start", body)
    for (j, layer) in layers.enumerated() {
      layer.dilated.visitParameters(path + ".layers.\(j).dilated", body)
      layer.output.visitParameters(path + ".layers.\(j).output", body)
    }
    end.visitParameters(path + ".end", body)
  }
}
