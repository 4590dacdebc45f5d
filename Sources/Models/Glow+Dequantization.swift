import Tensors

/// Integers as reals.
extension Glow {
  /// Examples in their bins.
  public struct Dequantized {
    /// [N, H, W, C].
    public let x: Tensor
    /// What is to be added to log p(x) of each example, nats: log|det ∂u/∂noise|, 0 of uniform noise.
    public let logDet: [Double]
    fileprivate let saved: Dequantizer.Saved?

    /// Examples that lie where they lie.
    public init(_ x: Tensor) {
      self.init(x: x, logDet: Array(repeating: 0, count: x.examples), saved: nil)
    }

    fileprivate init(x: Tensor, logDet: [Double], saved: Dequantizer.Saved?) {
      (self.x, self.logDet, self.saved) = (x, logDet, saved)
    }
  }

  /// x from N examples' samples and as much noise, uniform in [0, 1): by the model's own dequantizer,
  /// or as the noise says.
  public func dequantize(_ samples: [Int16], noise: Tensor) -> Dequantized {
    let grid = configuration.grid
    guard let dequantizer else {
      return Dequantized(.dequantized(samples, noise: noise, on: grid))
    }
    let (u, logDet, saved) = dequantizer.forward(noise, middles(samples, noise.shape))
    return Dequantized(
      x: .dequantized(samples, noise: u, on: grid), logDet: logDet, saved: saved)
  }

  /// As `addGradients` of x alone, of Σ weight·(log p(x) + logDet): to the dequantizer's parameters
  /// as well, and once for each time that examples were put in their bins.
  public func addGradients(
    _ dequantized: Dequantized, labels: [Int]? = nil, condition: Tensor? = nil, weight: Float,
    memory: ActivationMemory = .store, left: (Parameter) -> Void = { _ in }
  ) -> Gradients {
    let result = addGradients(
      dequantized.x, labels: labels, condition: condition, weight: weight, memory: memory,
      left: left)
    guard let dequantizer, let saved = dequantized.saved else { return result }
    let (dx, channels) = (result.dx, result.dx.channels)
    let width = 1 / Float(1 << configuration.grid.binBits)
    let du = dx.affine(
      bias: Tensor(repeating: 0, shape: [channels]),
      scale: Tensor(repeating: width, shape: [channels]))
    dequantizer.addGradients(
      saved, du, [Float](repeating: weight, count: dx.examples), left: left)
    return Gradients(
      logLikelihood: zip(result.logLikelihood, dequantized.logDet).map { $0 + $1 }, dx: dx,
      reconstructionError: result.reconstructionError)
  }

  /// Sets a dequantizer's actnorms from a first batch, as `initialize` does the model's.
  public func initializeDequantizer(from samples: [Int16], noise: Tensor) {
    dequantizer?.initialize(from: noise, middles(samples, noise.shape))
  }

  private func middles(_ samples: [Int16], _ shape: [Int]) -> Tensor {
    .dequantized(samples, noise: Tensor(repeating: 0.5, shape: shape), on: configuration.grid)
  }
}
