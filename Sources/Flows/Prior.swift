import Tensors

/// The density of the last latent: a Gaussian per channel, or per class and channel.
///
///     z ~ N(mean, exp(logScale))
///
/// z: [N, H, W, C]; mean, logScale: [C], or [classes, C]. Kingma & Dhariwal (2018), section 3.
public struct Prior {
  let mean, logScale: Parameter

  /// N(0, 1) in each channel, for each class (none: 0).
  public init(channels: Int, classes: Int) {
    let shape = classes > 0 ? [classes, channels] : [channels]
    (mean, logScale) = (Parameter(zeros: shape), Parameter(zeros: shape))
  }

  private var isConditional: Bool { mean.shape.count == 2 }

  /// The density of each of these examples; labels are ignored where there are no classes.
  public func density(examples: Int, labels: [Int]?) -> GaussianDensity {
    let (c, m, s) = (mean.value.channels, mean.value.elements, logScale.value.elements)
    var h = [Float]()
    h.reserveCapacity(examples * 2 * c)
    for n in 0..<examples {
      let first = row(n, labels) * c
      for i in first..<first + c { h += [m[i], s[i]] }
    }
    return GaussianDensity(Tensor(h, shape: [examples, 1, 1, 2 * c]))
  }

  /// The class that makes each z most likely; nil where there are no classes.
  public func likeliestLabels(_ z: Tensor) -> [Int]? {
    guard isConditional else { return nil }
    let densities = (0..<mean.shape[0]).map { label in
      density(examples: z.examples, labels: Array(repeating: label, count: z.examples))
        .logDensity(z)
    }
    return (0..<z.examples).map { n in
      densities.indices.max { densities[$0][n] < densities[$1][n] } ?? 0
    }
  }

  /// dz, given the gradient of the log-density; adds to the parameters' gradients.
  public func backward(_ z: Tensor, labels: [Int]?, _ dLogDensity: [Float]) -> Tensor {
    let (dz, dh) = density(examples: z.examples, labels: labels).backward(z, dLogDensity)
    let (c, d) = (z.channels, dh.elements)
    var dMean = [Float](repeating: 0, count: mean.value.count)
    var dLogScale = dMean
    for n in 0..<z.examples {
      let first = row(n, labels) * c
      for i in 0..<c {
        dMean[first + i] += d[(n * c + i) * 2]
        dLogScale[first + i] += d[(n * c + i) * 2 + 1]
      }
    }
    mean.accumulate(dMean)
    logScale.accumulate(dLogScale)
    return dz
  }

  private func row(_ n: Int, _ labels: [Int]?) -> Int {
    guard isConditional else { return 0 }
    guard let labels else { preconditionFailure("a class-conditional prior needs labels") }
    return labels[n]
  }

  /// Calls `body` with each parameter and its name, which begins with `path`.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    body(path + ".mean", mean)
    body(path + ".log_scale", logScale)
  }
}
