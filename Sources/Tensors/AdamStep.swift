import CKernels

/// One update of Adam or Adamax (Kingma & Ba 2015, algorithms 1 and 2), fused with the gradient's
/// scaling, decoupled weight decay and the moving average of the weights.
public struct AdamStep {
  private var options: glow_adam_options

  /// Step `iteration` counts from 1; gradients are multiplied by `gradientScale` first.
  public init(
    adamax: Bool, iteration: Int, rate: Float, beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-8, weightDecay: Float, gradientScale: Float, averageDecay: Float
  ) {
    func correction(_ beta: Float) -> Float {
      var power = 1.0
      var (base, exponent) = (Double(beta), iteration)
      while exponent > 0 {
        if exponent & 1 == 1 { power *= base }
        base *= base
        exponent >>= 1
      }
      return Float(1 - power)
    }
    options = glow_adam_options(
      adamax: adamax, rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      correction1: correction(beta1), correction2: correction(beta2), weight_decay: weightDecay,
      gradient_scale: gradientScale, average_decay: averageDecay)
  }

  /// Updates the parameter, its moments and its average in place and sets its gradient to zero.
  public func update(_ p: Parameter, first: Tensor, second: Tensor, average: Tensor) {
    let (value, gradient) = (p.value, p.gradient)
    var options = options
    if !p.decays { options.weight_decay = 0 }
    Profile.measure("optimizer") {
      p.change {
        ThreadPool.forEach(value.count, grain: 65536) {
          glow_adam(
            value.pointer, gradient.pointer, first.pointer, second.pointer, average.pointer,
            options, $0.lowerBound, $0.upperBound)
        }
      }
    }
  }
}
