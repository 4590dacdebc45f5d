import Tensors

/// The net from latents to what describes images, the mirror image of `ImageEncoder`: a gated dense
/// layer, at each size a gated 3×3 convolution, between sizes another to four times the channels
/// and depth to space by 2×2, and a 3×3 convolution at the end.
///
/// z: [N, latent]; h: [N, H, W, outputs].
public struct ImageDecoder {
  private let stages: ImageStages
  private let size: (height: Int, width: Int)
  private let dense: Dense
  /// From the smallest size to the whole: at a size, and to the next.
  private let convolutions: [(own: GatedConvolution, up: GatedConvolution?)]
  private let last: Convolution

  /// A fresh net for images of this size, of so many channels; the outputs are at first about
  /// `bias`, give or take `deviation`.
  public init(
    height: Int, width: Int, latent: Int, hidden: Int, bias: [Float], deviation: Float,
    precision: SharedPrecision, seed: UInt64, index: Int
  ) {
    let stages = ImageStages(height: height, width: width, channels: hidden)
    func random(_ i: Int) -> RandomStream { RandomStream(seed: seed, .parameters, index + i) }
    dense = Dense(
      latent, 2 * stages.features, deviation: Parameter.deviationBeforeGate, random: random(0))
    convolutions = (0...stages.count).reversed().map { size in
      let channels = stages.channels(size)
      return (
        GatedConvolution(channels, channels, precision, random: random(2 * size + 1)),
        size == 0
          ? nil
          : GatedConvolution(
            channels, 4 * stages.channels(size - 1), precision, random: random(2 * size + 2))
      )
    }
    let channels = stages.channels(0)
    last = Convolution(
      weight: .fresh(
        [bias.count, channels, 3, 3], fanIn: 9 * channels, deviation: deviation,
        random(2 * stages.count + 3)),
      bias: Parameter(Tensor(bias, shape: [bias.count])), logScale: false, precision: precision)
    (self.stages, size) = (stages, (height, width))
  }

  /// h.
  public func callAsFunction(_ z: Variable) -> Variable {
    let (height, width) = stages.smallest
    var h = dense(z).gated().reshaped([z.rows, height, width, stages.channels(stages.count)])
    for (own, up) in convolutions {
      h = own(h)
      if let up { h = up(h).unsqueezed() }
    }
    return h.convolved(by: last).cropped(height: size.height, width: size.width)
  }

  /// Calls `body` with each parameter.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    dense.visitParameters(path + ".dense", body)
    for (i, stage) in convolutions.enumerated() {
      stage.own.visitParameters("\(path).\(i).conv", body)
      stage.up?.visitParameters("\(path).\(i).up", body)
    }
    last.visitParameters(path + ".last", body)
  }
}
