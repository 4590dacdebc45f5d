import Tensors

/// The net from images to features: at each size two gated 3×3 convolutions, between sizes space to
/// depth by 2×2, and a gated dense layer at the end.
///
/// x: [N, H, W, C]; h: [N, features]. After van den Berg et al. (2018), appendix A, with 3×3
/// kernels in place of 5×5 and none at full size.
public struct ImageEncoder {
  private let stages: ImageStages
  private let convolutions: [[GatedConvolution]]
  private let dense: Dense

  /// A fresh net for images of this size, of so many channels.
  public init(
    height: Int, width: Int, channels: Int, hidden: Int, features: Int,
    precision: SharedPrecision, seed: UInt64, index: Int
  ) {
    let stages = ImageStages(height: height, width: width, channels: hidden)
    func random(_ i: Int) -> RandomStream { RandomStream(seed: seed, .parameters, index + i) }
    // images that are small from the first on have a stage at full size
    let sizes = stages.count == 0 ? 0...0 : 1...stages.count
    convolutions = sizes.map { size in
      let inputs = size <= 1 ? channels << (2 * size) : 4 * stages.channels(size - 1)
      let outputs = stages.channels(size)
      return [
        GatedConvolution(inputs, outputs, precision, random: random(2 * size)),
        GatedConvolution(outputs, outputs, precision, random: random(2 * size + 1)),
      ]
    }
    dense = Dense(
      stages.features, 2 * features, deviation: Parameter.deviationBeforeGate,
      random: random(2 * stages.count + 2))
    self.stages = stages
  }

  /// h.
  public func callAsFunction(_ x: Tensor) -> Variable {
    var h = Variable(x.resized(height: stages.padded.height, width: stages.padded.width))
    for stage in convolutions {
      if stages.count > 0 { h = h.squeezed() }
      for convolution in stage { h = convolution(h) }
    }
    return dense(h.reshaped([x.examples, stages.features])).gated()
  }

  /// Calls `body` with each parameter.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for (i, stage) in convolutions.enumerated() {
      for (j, convolution) in stage.enumerated() {
        convolution.visitParameters("\(path).\(i).conv\(j + 1)", body)
      }
    }
    dense.visitParameters(path + ".dense", body)
  }
}
