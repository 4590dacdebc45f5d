import Tensors

extension Convolution {
  /// A convolution with fresh weights N(0, deviation²) followed by an actnorm and a ReLU.
  static func normalized(
    _ inputs: Int, _ outputs: Int, kernel: Int, random: RandomStream
  ) -> Convolution {
    let noise = random.normal([outputs, inputs, kernel, kernel])
    let weight = Parameter(Tensor(noise.elements.map { 0.05 * $0 }, shape: noise.shape))
    return Convolution(weight: weight, logScale: true, rectified: true)
  }

  /// Glow's zero convolution: it starts at zero, with a learned scale exp(3·logScale).
  static func zero(_ inputs: Int, _ outputs: Int, kernel: (height: Int, width: Int))
    -> Convolution
  {
    let weight = Parameter(zeros: [outputs, inputs, kernel.height, kernel.width])
    return Convolution(weight: weight, logScale: true, factor: 3)
  }

  /// Names as in a checkpoint: an actnorm's parameters stand under `.actnorm`.
  func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    let affine = isRectified ? path + ".actnorm" : path
    body(path + ".weight", weight)
    body(affine + ".bias", bias)
    if let logScale { body(affine + ".log_scale", logScale) }
  }
}
