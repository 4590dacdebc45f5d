import Tensors

/// Integers as reals.
extension Glow {
  /// Examples in their bins.
  public struct Dequantized {
    /// [N, H, W, C].
    public let x: Tensor
    /// What is to be added to log p(x) of each example, nats: log|det ∂u/∂noise|, 0 of uniform
    /// noise.
    public let logDet: [Double]

    /// Examples that lie where they lie.
    public init(_ x: Tensor) { self.init(x, Array(repeating: 0, count: x.examples)) }

    fileprivate init(_ x: Tensor, _ logDet: [Double]) { (self.x, self.logDet) = (x, logDet) }
  }

  /// x from N examples' samples and as much noise, uniform in [0, 1): by the model's own
  /// dequantizer, or as the noise says.
  public func dequantize(_ samples: [Int16], noise: Tensor) -> Dequantized {
    let (u, logDet) = places(samples, noise)
    return Dequantized(.dequantized(samples, noise: u, on: configuration.grid), logDet)
  }

  /// x, [N, H, W, C], of samples of that shape, every one well within its bin: in its middle, or
  /// where a dequantizer takes that, for elsewhere the model may never have been.
  public func centered(_ samples: [Int16], shape: [Int]) -> Tensor {
    let u = places(samples, Tensor(repeating: 0.5, shape: shape)).u
    // the small error of a round trip must not reach the next bin
    let inner = Tensor(u.elements.map { min(max($0, 0.1), 0.9) }, shape: shape)
    return .dequantized(samples, noise: inner, on: configuration.grid)
  }

  /// Where in their bins samples are put; some examples at a time, as nothing of it is kept.
  private func places(_ samples: [Int16], _ noise: Tensor) -> (u: Tensor, logDet: [Double]) {
    guard let dequantizer else { return (noise, Array(repeating: 0, count: noise.examples)) }
    var logDet: [Double] = []
    let u = noise.mappingParts { part, range in
      let one = dequantizer.transform(part, middles(samples, range, part.shape))
      logDet += one.logDet
      return one.u
    }
    return (u, logDet)
  }

  /// Adds the gradients of Σ weight·(log p(x) + logDet) to the parameters, a dequantizer's as well,
  /// x from samples and noise as `dequantize` has it; `left` is told each of them once its gradient
  /// is whole. log p includes the log-det.
  public func addGradients(
    _ samples: [Int16], noise: Tensor, labels: [Int]? = nil, condition: Tensor? = nil,
    weight: Float, memory: ActivationMemory = .store, left: ((Parameter) -> Void)? = nil
  ) -> Gradients {
    let grid = configuration.grid
    func gradients(_ u: Tensor) -> Gradients {
      addGradients(
        .dequantized(samples, noise: u, on: grid), labels: labels, condition: condition,
        weight: weight, memory: memory, left: left)
    }
    guard let dequantizer else { return gradients(noise) }
    let all = 0..<noise.examples
    let (u, logDet, saved) = dequantizer.forward(noise, middles(samples, all, noise.shape))
    let result = gradients(u)
    dequantizer.addGradients(
      saved, result.dx, times: 1 / Float(1 << grid.binBits),
      [Float](repeating: weight, count: noise.examples), left: left)
    return Gradients(
      logLikelihood: zip(result.logLikelihood, logDet).map { $0 + $1 }, dx: result.dx,
      reconstructionError: result.reconstructionError)
  }

  /// As `initialize` of x alone, of samples and noise: a dequantizer's actnorms as well.
  public func initialize(from samples: [Int16], noise: Tensor, condition: Tensor? = nil) {
    dequantizer?.initialize(from: noise, middles(samples, 0..<noise.examples, noise.shape))
    initialize(from: dequantize(samples, noise: noise).x, condition: condition)
  }

  /// These examples with every sample in the middle of its bin.
  private func middles(_ samples: [Int16], _ examples: Range<Int>, _ shape: [Int]) -> Tensor {
    let size = shape.dropFirst().reduce(1, *)
    let own = Array(samples[examples.lowerBound * size..<examples.upperBound * size])
    return .dequantized(
      own, noise: Tensor(repeating: 0.5, shape: shape), on: configuration.grid)
  }
}
