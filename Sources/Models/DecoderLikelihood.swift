import Foundation
import Tensors

/// What p(x|z) is, described by the outputs of a VAE's decoder.
///
/// x: [N, D]; outputs: [N, parameters·D], all first parameters before all second ones.
public enum DecoderLikelihood: String, CaseIterable, Codable, Sendable {
  /// 0 or 1, with logits l: log p = Σ x·l − softplus(l).
  case bernoulli
  /// Levels of images on a grid of bins Δ wide, with means and log scales:
  ///
  ///     P(x) = σ((x + Δ/2 − mean)/s) − σ((x − Δ/2 − mean)/s),  s = Δ·exp(softplus(h) − 2)
  ///
  /// the outermost bins reaching to ±∞. Kingma et al. (2016), section 6.1.
  case logistic
  /// Numbers, with means and log deviations a = 5·tanh(h/5).
  case gaussian

  /// Outputs for each number of x.
  var parameters: Int { self == .bernoulli ? 1 : 2 }

  /// The outputs to begin with, for so many numbers.
  func initial(_ count: Int, bits: Int) -> [Float] {
    switch self {
    case .bernoulli: return Array(repeating: 0, count: count)
    case .gaussian: return Array(repeating: 0, count: 2 * count)
    case .logistic:
      // a scale of a tenth of the range, softplus being the identity there
      let start = Float(log(0.1 * Double(1 << bits)) + 2)
      return Array(repeating: 0, count: count) + Array(repeating: start, count: count)
    }
  }

  /// log p(x|z), [N, 1], nats, of x on a grid of `bits`.
  func logProbability(_ x: Tensor, _ outputs: [Variable], bits: Int) -> Variable {
    let value = Variable(x)
    switch self {
    case .bernoulli: return (value * outputs[0] - outputs[0].softplus()).rowSums()
    case .gaussian:
      let a = Self.logDeviation(outputs[1])
      let e = (value - outputs[0]) * (-a).exp()
      let constant = Float(0.5 * log(2 * Double.pi)) * Float(x.channels)
      return (-0.5 * e.square() - a).rowSums() - constant
    case .logistic:
      let width = 1 / Float(1 << bits)
      let all = x.elements
      func mask(_ isInside: (Float) -> Bool) -> Variable {
        Variable(Tensor(all.map { isInside($0) ? 1 : 0 }, shape: x.shape))
      }
      let edge = 0.5 - width
      let (aboveFirst, belowLast) = (mask { $0 > -edge }, mask { $0 < edge })
      // 1/s in bins, and x − mean in bins
      let rate = (2 - outputs[1].softplus()).exp()
      let off = (value - outputs[0]) / width
      let (upper, lower) = ((off + 0.5) * rate, (off - 0.5) * rate)
      // σ(u) − σ(l) = σ(u) σ(−l) (1 − e^{l−u}), and 1 − e^{−r} = tanh(r/2) (1 + e^{−r})
      let inside = ((0.5 * rate).tanh() + 1e-30).log() + (-rate).exp().log1p()
      let tails = belowLast * (-upper).softplus() + aboveFirst * lower.softplus()
      return (aboveFirst * belowLast * inside - tails).rowSums()
    }
  }

  private static func logDeviation(_ h: Variable) -> Variable { 5 * (h / 5).tanh() }

  /// The mean of p(x|z), [N, D].
  func mean(_ outputs: [Variable]) -> Tensor {
    (self == .bernoulli ? outputs[0].sigmoid() : outputs[0]).value
  }

  /// Draws of p(x|z), [N, D], with uniform or normal numbers of a stream, a row's from `first` on;
  /// the deviations of numbers are multiplied by `temperature`.
  func draw(
    _ outputs: [Variable], bits: Int, temperature: Float, _ random: RandomStream, from first: Int
  ) -> Tensor {
    let shape = outputs[0].value.shape
    switch self {
    case .gaussian:
      let noise = Variable(random.normal(shape, from: first))
      return (outputs[0] + temperature * Self.logDeviation(outputs[1]).exp() * noise).value
    case .bernoulli:
      let (u, p) = (random.uniform(shape, from: first).elements, mean(outputs).elements)
      return Tensor(zip(u, p).map { $0 < $1 ? 1 : 0 }, shape: shape)
    case .logistic:
      let levels = Float(1 << bits)
      let u = random.uniform(shape, from: first).elements
      let (means, scales) = (outputs[0].value.elements, (outputs[1].softplus() - 2).exp().value)
      let drawn = zip(zip(u, means), scales.elements).map { pair, scale -> Float in
        let u = min(max(pair.0, 0x1p-24), 1 - 0x1p-24)
        // in bins from the lowest one's middle
        let place = (pair.1 + 0.5) * levels - 0.5 + scale * log(u / (1 - u))
        let level = min(max(place.rounded(), 0), levels - 1)
        return (level + 0.5) / levels - 0.5
      }
      return Tensor(drawn, shape: shape)
    }
  }
}
