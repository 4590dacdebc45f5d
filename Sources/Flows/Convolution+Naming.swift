import Tensors

extension Convolution {
  /// A convolution with fresh weights N(0, deviation²) followed by an actnorm and a ReLU.
  static func normalized(
    _ inputs: Int, _ outputs: Int, kernel: Int, random: RandomStream, precision: SharedPrecision
  ) -> Convolution {
    let shape = [outputs, inputs, kernel, kernel]
    let weight = Parameter(shape: shape) {
      Tensor(random.normal(shape).elements.map { 0.05 * $0 }, shape: shape)
    }
    weight.isHiddenMatrix = true
    return Convolution(
      weight: weight, logScale: true, relu: true, patchesOutput: false, precision: precision)
  }

  /// Glow's zero convolution: its weights start at zero, with a learned scale exp(3·logScale).
  static func zero(
    _ inputs: Int, _ outputs: Int, kernel: (height: Int, width: Int), bias: [Float]? = nil,
    patchesOutput: Bool? = nil, precision: SharedPrecision = SharedPrecision()
  ) -> Convolution {
    let weight = Parameter(zeros: [outputs, inputs, kernel.height, kernel.width])
    return Convolution(
      weight: weight,
      bias: bias.map { values in
        Parameter(shape: [outputs]) { Tensor(values, shape: [outputs]) }
      }, logScale: true, factor: 3, patchesOutput: patchesOutput,
      precision: precision)
  }

  /// A convolution with fresh weights and biases, uniform in ±√(1/fan-in), from the stream's
  /// numbers `weights` and `biases` on.
  static func plain(
    _ inputs: Int, _ outputs: Int, taps: Int = 1, dilation: Int = 1, random: RandomStream,
    weights: Int, biases: Int, precision: SharedPrecision
  ) -> Convolution {
    let fanIn = taps * inputs
    let weight = Parameter.uniform([outputs, inputs, 1, taps], fanIn: fanIn, random, from: weights)
    weight.isHiddenMatrix = true
    return Convolution(
      weight: weight, bias: .uniform([outputs], fanIn: fanIn, random, from: biases),
      logScale: false,
      dilation: dilation, precision: precision)
  }

  /// Names as in a checkpoint: an actnorm's parameters stand under `.actnorm`.
  func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    let affine = hasReLU ? path + ".actnorm" : path
    body(path + ".weight", weight)
    body(affine + ".bias", bias)
    if let logScale { body(affine + ".log_scale", logScale) }
  }
}

extension Parameter {
  /// Fresh values, uniform in ±√(1/fanIn), from the stream's number `first` on.
  static func uniform(
    _ shape: [Int], fanIn: Int, _ random: RandomStream, from first: Int = 0
  ) -> Parameter {
    let bound = Float(1 / Double(fanIn).squareRoot())
    return Parameter(shape: shape) {
      let values = random.uniform(shape, from: first).elements.map { bound * (2 * $0 - 1) }
      return Tensor(values, shape: shape)
    }
  }
}
