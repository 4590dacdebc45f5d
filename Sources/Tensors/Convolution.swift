import CKernels
import Foundation

/// A "same" convolution with a scale per output channel, and a rectifier where asked:
///
///     y = (conv(x, weight) + bias) · exp(factor · logScale)          then max(y, 0)
///
/// x: [N, H, W, I]; y: [N, H, W, O]; weight: [O, I, kH, kW]; bias, logScale: [O]. Padding is zeros.
/// With factor 1 it is a convolution followed by an actnorm, with factor 3 Glow's zero convolution
/// (Kingma & Dhariwal 2018, sections 3.1 and 3.3). The scale is multiplied into the weights: the
/// same function, and the affine map costs no pass over memory.
///
/// In bfloat16, x, the scaled weights and dy are rounded to it for the products, and so is a
/// rectified y, which is on its way to the next product. Biases, sums and the parameters are
/// float32.
public struct Convolution {
  /// [O, I, kH, kW] and [O].
  public let weight, bias: Parameter
  /// Nil where the scale is 1.
  public let logScale: Parameter?
  /// What logScale is multiplied by: the scale is exp(factor · logScale).
  public let factor: Float
  /// Samples from one tap to the next, along the width.
  public let dilation: Int
  /// Whether max(y, 0) follows.
  public let hasReLU: Bool
  /// The format of the products' operands.
  public var precision: Precision { shared.value }
  let shared: SharedPrecision
  private let narrowed = Cached<Tensor>()

  /// A convolution with these weights, the bias zero unless given. Patches are laid out on the side
  /// with fewer channels, so that they stay small, unless it is said.
  public init(
    weight: Parameter, bias: Parameter? = nil, logScale: Bool, factor: Float = 1,
    dilation: Int = 1, relu: Bool = false, patchesOutput: Bool? = nil,
    precision: SharedPrecision = SharedPrecision()
  ) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let isPoint = weight.shape[2] * weight.shape[3] == 1
    self.patchesOutput = !isPoint && patchesOutput ?? (outputs < inputs)
    self.weight = weight
    self.bias = bias ?? Parameter(zeros: [outputs])
    self.logScale = logScale ? Parameter(zeros: [outputs]) : nil
    (self.factor, self.dilation, self.hasReLU) = (factor, dilation, relu)
    shared = precision
  }

  var outputs: Int { weight.shape[0] }
  var inputs: Int { weight.shape[1] }
  var taps: Int { weight.shape[2] * weight.shape[3] }
  /// The format of y.
  private var outputFormat: Precision { hasReLU ? precision : .float32 }
  /// Whether another product follows, rather than the arithmetic of a coupling.
  private var isHidden: Bool { hasReLU || logScale == nil }
  /// Whether patches are laid out of the output, rather than of the input.
  let patchesOutput: Bool

  /// y, at x's positions.
  public func forward(_ x: Tensor) -> Tensor {
    precondition(
      x.shape.count == 4 && x.channels == inputs, "\(x.shape) into \(weight.shape)")
    let scale = scale()
    let weight = operandWeight(scale)
    let bias = scaledBias(scale)
    let x = x.converted(to: precision)
    if patchesOutput {
      let y = fold(.product(x, weight, transposingB: true), sign: 1, like: x, channels: outputs)
      y.add(bias: bias, relu: hasReLU)
      return y.converted(to: outputFormat)
    }
    return Tensor.product(
      taps == 1 ? x : patches(x, sign: 1), weight, transposingB: true, bias: bias,
      relu: hasReLU, spread: isHidden, as: outputFormat
    ).reshaped(x.shape.dropLast() + [outputs])
  }

  /// dx, in either format, from dy, which is used up; adds to the parameters' gradients. y is what
  /// forward returned.
  public func backward(
    _ x: Tensor, _ y: Tensor, consuming dy: Tensor, as result: Precision = .float32
  ) -> Tensor {
    let scale = scale()
    let weight = operandWeight(scale)
    let (input, dOutput) = (x.converted(to: precision), dy.converted(to: precision))
    let dBias = hasReLU ? reluBackward(dOutput, y) : dy.columnSums()
    let dWeight: Tensor
    let dx: Tensor
    if patchesOutput {
      let dz = patches(dOutput, sign: -1)
      dWeight = .product(dz, transposingA: true, input)
      dx = .product(dz, weight, spread: true, as: result).reshaped(x.shape)
    } else if taps == 1 {
      dWeight = .product(dOutput, transposingA: true, input)
      dx = .product(dOutput, weight, spread: true, as: result).reshaped(x.shape)
    } else {
      dWeight = .product(dOutput, transposingA: true, patches(input, sign: 1))
      dx = fold(.product(dOutput, weight), sign: -1, like: x, channels: inputs)
        .converted(to: result)
    }
    unfold(dWeight, dBias.map(Float.init), scale)
    return dx
  }

  /// Adds to the parameters' gradients of a 1×1 convolution, from dy, where x needs no gradient.
  public func addGradients(_ x: Tensor, _ dy: Tensor) {
    precondition(taps == 1 && !hasReLU, "a 1×1 convolution without a rectifier")
    let (input, dOutput) = (x.converted(to: precision), dy.converted(to: precision))
    unfold(
      .product(dOutput, transposingA: true, input), dy.columnSums().map(Float.init), scale())
  }

  /// As the other, of any kernel without a rectifier whose patches are its input's; dy in bfloat16,
  /// and its sums over rows.
  func addGradients(_ x: Tensor, narrow dy: Tensor, sums: [Float]) {
    precondition(!hasReLU && !patchesOutput, "a convolution with patches of its input")
    let input = x.converted(to: .bfloat16)
    unfold(.product(dy, transposingA: true, patches(input, sign: 1)), sums, scale())
  }

  /// Sets bias and log scale so that the output, before the rectifier, has mean 0 and deviation 1
  /// in each channel over all of the parts; `input` makes this convolution's input of one.
  public func normalize(over parts: [Tensor], input: (Tensor) -> Tensor = { $0 }) {
    guard let logScale else { return }
    bias.clear()
    logScale.clear()
    let plain = Convolution(withoutReLU: self)
    let moments = parts.map { plain.forward(input($0)).columnMoments() }
    let weights = parts.map { Double($0.rows) / Double(parts.reduce(0) { $0 + $1.rows }) }
    let mean = (0..<outputs).map { c in
      zip(weights, moments).reduce(0) { $0 + $1.0 * $1.1.mean[c] }
    }
    let variance = (0..<outputs).map { c in
      zip(weights, moments).reduce(0.0) { total, part in
        let (deviation, offset) = (part.1.deviation[c], part.1.mean[c] - mean[c])
        return total + part.0 * (deviation * deviation + offset * offset)
      }
    }
    bias.set(mean.map { Float(-$0) })
    logScale.set(variance.map { Float(-log($0) / 2 / Double(factor)) })
  }

  private init(withoutReLU other: Convolution) {
    (weight, bias, logScale) = (other.weight, other.bias, other.logScale)
    (factor, dilation, hasReLU) = (other.factor, other.dilation, false)
    patchesOutput = other.patchesOutput
    shared = other.shared
  }

  /// exp(factor · logScale).
  func scale() -> Tensor {
    let scales = logScale?.value.elements.map { exp(factor * $0) }
    return Tensor(scales ?? Array(repeating: 1, count: outputs), shape: [outputs])
  }

  func scaledBias(_ scale: Tensor) -> Tensor {
    Tensor(zip(bias.value.elements, scale.elements).map { $0 * $1 }, shape: [outputs])
  }

  /// The scaled weights as the products take them; rounded once a step where they are.
  func operandWeight() -> Tensor { operandWeight(scale()) }

  private func operandWeight(_ scale: Tensor) -> Tensor {
    if precision == .float32 { return foldedWeight(scale) }
    return narrowed.value(of: [weight] + [logScale].compactMap { $0 }) {
      foldedWeight(scale, as: precision)
    }
  }

  /// The scaled weights as a matrix: [O, taps·I], or [taps·O, I] where the output has the patches.
  func foldedWeight(_ scale: Tensor, as precision: Precision = .float32) -> Tensor {
    let shape = patchesOutput ? [taps * outputs, inputs] : [outputs, taps * inputs]
    let out = Tensor(spread: shape, as: precision)
    out.fold(weight.value, scale, kernelFirst: patchesOutput)
    return out
  }

  /// The same matrix transposed.
  func foldedWeightTransposed(_ scale: Tensor) -> Tensor {
    let out = Tensor(
      spread: patchesOutput ? [inputs, taps * outputs] : [taps * inputs, outputs])
    let from = weight.value
    Profile.measure("weights folded and unfolded") {
      ThreadPool.forEach(outputs, grain: ThreadPool.grain(taps * inputs)) {
        glow_fold_weight_transposed(
          out.pointer, out.stride, from.pointer, scale.pointer, outputs, inputs, taps,
          patchesOutput, $0.lowerBound, $0.upperBound)
      }
    }
    return out
  }

  /// From the gradients of the scaled weights and bias to those of weight, bias and log scale.
  func unfold(_ dWeight: Tensor, _ dBias: [Float], _ scale: Tensor) {
    let dot = Tensor(uninitialized: [outputs])
    let (value, gradient) = (weight.value, weight.gradient)
    Profile.measure("weights folded and unfolded") {
      ThreadPool.forEach(outputs, grain: ThreadPool.grain(taps * inputs)) {
        glow_unfold_weight(
          gradient.pointer, dot.pointer, dWeight.pointer, dWeight.stride, value.pointer,
          scale.pointer, outputs, inputs, taps, patchesOutput, $0.lowerBound, $0.upperBound)
      }
    }
    let scaled = zip(dBias, scale.elements).map { $0 * $1 }
    bias.accumulate(scaled)
    guard let logScale else { return }
    let biases = zip(scaled, bias.value.elements).map { $0 * $1 }
    logScale.accumulate(zip(dot.elements, biases).map { factor * ($0 + $1) })
  }

  /// Takes dy through the rectifier, in place, and sums it over all positions.
  private func reluBackward(_ dy: Tensor, _ y: Tensor) -> [Double] {
    let pieces = max(1, min(16, dy.rows / 64))
    let sums = Tensor(repeating: 0, shape: [pieces, outputs])
    Profile.measure("rectifier, backward") {
      ThreadPool.forEach(pieces, grain: 1) {
        for piece in $0 {
          let (first, last) = (dy.rows * piece / pieces, dy.rows * (piece + 1) / pieces)
          let sum = sums.pointer + piece * outputs
          switch precision {
          case .float32:
            glow_relu_backward(
              dy.pointer, dy.stride, y.pointer, y.stride, sum, outputs, first, last)
          case .bfloat16:
            glow_relu_backward_bfloat16(
              dy.narrowPointer, dy.stride, y.narrowPointer, y.stride, sum, outputs, first, last)
          }
        }
      }
    }
    return sums.columnSums()
  }

  private func window(_ x: Tensor, channels: Int) -> glow_window {
    glow_window(
      height: x.shape[1], width: x.shape[2], channels: channels,
      kernel_height: weight.shape[2], kernel_width: weight.shape[3],
      dilation: dilation)
  }

  private func patches(_ x: Tensor, sign: Int32) -> Tensor {
    let out = Tensor(spread: [x.rows, taps * x.channels], as: x.precision)
    ThreadPool.forEach(x.shape[0] * x.shape[1], grain: 1) {
      let rows = $0.lowerBound * x.shape[2]..<$0.upperBound * x.shape[2]
      setPatches(out.rows(rows), x, sign: sign, lines: $0)
    }
    return out
  }

  /// Overwrites `out` with the patches of some of the N·H lines of x; sign −1 looks the other way.
  func setPatches(_ out: Tensor, _ x: Tensor, sign: Int32, lines: Range<Int>) {
    let window = window(x, channels: x.channels)
    Profile.measure("patches") {
      switch x.precision {
      case .float32:
        glow_patches(
          out.pointer, out.stride, x.pointer, x.stride, window, sign, lines.lowerBound,
          lines.upperBound)
      case .bfloat16:
        glow_patches_bfloat16(
          out.narrowPointer, out.stride, x.narrowPointer, x.stride, window, sign,
          lines.lowerBound, lines.upperBound)
      }
    }
  }

  /// The patches of x's lines added up where they belong, [N, H, W, channels].
  func fold(
    _ z: Tensor, sign: Int32, like x: Tensor, channels: Int
  ) -> Tensor {
    let window = window(x, channels: channels)
    let out = Tensor(uninitialized: x.shape.dropLast() + [channels])
    Profile.measure("patches added up") {
      ThreadPool.forEach(x.shape[0] * x.shape[1], grain: 1) {
        glow_fold(out.pointer, z.pointer, z.stride, window, sign, $0.lowerBound, $0.upperBound)
      }
    }
    return out
  }
}

extension Tensor {
  /// Overwrites this, a matrix of either format, with weights [O, I, kH, kW] times a scale per
  /// output: [O, taps·I], or with the kernel first [taps·O, I].
  func fold(_ weight: Tensor, _ scale: Tensor, kernelFirst: Bool) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let taps = weight.shape[2] * weight.shape[3]
    Profile.measure("weights folded and unfolded") {
      ThreadPool.forEach(outputs, grain: ThreadPool.grain(taps * inputs)) {
        switch precision {
        case .float32:
          glow_fold_weight(
            pointer, stride, weight.pointer, scale.pointer, outputs, inputs, taps, kernelFirst,
            $0.lowerBound, $0.upperBound)
        case .bfloat16:
          glow_fold_weight_bfloat16(
            narrowPointer, stride, weight.pointer, scale.pointer, outputs, inputs, taps,
            kernelFirst, $0.lowerBound, $0.upperBound)
        }
      }
    }
  }
}
