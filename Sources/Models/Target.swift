import Foundation
import Tensors

/// An unnormalised density in the plane to fit a sampler to.
///
/// U1 to U4 are the energies of Rezende & Mohamed (2015), table 1, log p̃ = −U. U2 to U4 have no
/// end along the first axis, so that here a Gaussian wall of deviation 0.4 begins at ±4.
public struct Target: Sendable {
  /// As it is asked for.
  public let name: String
  /// log p̃ of x, [N, 2], as [N, 1]; nats.
  public let logDensity: @Sendable (Variable) -> Variable
  /// log ∫ p̃, where it is known.
  public let logNormalizer: Double?
  /// Where to look, from −reach to reach on both axes.
  public let reach: Double

  /// A density of one's own.
  public init(
    name: String, logNormalizer: Double? = nil, reach: Double = 4,
    logDensity: @escaping @Sendable (Variable) -> Variable
  ) {
    (self.name, self.logNormalizer, self.reach) = (name, logNormalizer, reach)
    self.logDensity = logDensity
  }

  /// All that have a name.
  public static let all: [Target] = [
    Target(name: "U1", logNormalizer: 1.87750, logDensity: { twoArcs($0, width: 0.4, place: 0.6) }),
    Target(
      name: "U2", logNormalizer: log(rootTwoPi * 0.4 * walled), reach: 5,
      logDensity: { x in walls(x) + gaussian(x.second - wave(x), 0.4) }),
    Target(
      name: "U3", logNormalizer: log(rootTwoPi * 0.7 * walled), reach: 5,
      logDensity: { x in
        let (z, dip) = (x.second - wave(x), 3 * gaussian(x.first - 1, 0.6).exp())
        return walls(x)
          + Variable.concatenated([gaussian(z, 0.35), gaussian(z + dip, 0.35)]).logSumExp()
      }),
    Target(
      name: "U4", logNormalizer: log(rootTwoPi * 0.75 * walled), reach: 5,
      logDensity: { x in
        let (z, rise) = (x.second - wave(x), 3 * ((x.first - 1) / 0.3).sigmoid())
        return walls(x)
          + Variable.concatenated([gaussian(z, 0.4), gaussian(z + rise, 0.35)]).logSumExp()
      }),
    Target(
      name: "two-moons", logNormalizer: 0.80421, logDensity: { twoArcs($0, width: 0.2, place: 0.3) }
    ),
    Target(
      name: "ring", logNormalizer: 1.61200, reach: 2.5,
      logDensity: { x in
        (Float.pi * x.first).sin() - 2 * (x.square().rowSums() - 2).square()
      }),
    Target(
      name: "funnel", logNormalizer: 0, reach: 8,
      logDensity: { x in
        // Neal (2003): the first is N(0, 3²), the second N(0, e^first)
        let constant = Float(log(2 * Double.pi) + log(3))
        return gaussian(x.first, 3) - 0.5 * x.second.square() * (-x.first).exp() - 0.5 * x.first
          - constant
      }),
    Target(
      name: "mixture", logNormalizer: 0,
      logDensity: { x in
        let parts = (0..<8).map { i -> Variable in
          let angle = Double(i) * .pi / 4
          return gaussian(x.first - Float(2.5 * cos(angle)), 0.4)
            + gaussian(x.second - Float(2.5 * sin(angle)), 0.4)
        }
        return Variable.concatenated(parts).logSumExp() - Float(log(8 * 2 * Double.pi * 0.16))
      }),
  ]

  /// The one of this name, or nil.
  public static func named(_ name: String) -> Target? { all.first { $0.name == name } }

  private static let rootTwoPi = (2 * Double.pi).squareRoot()
  /// The length of the first axis between the walls, and what lies in them.
  private static let walled = 8 + 0.4 * rootTwoPi

  /// −½ (x/deviation)²
  private static func gaussian(_ x: Variable, _ deviation: Float) -> Variable {
    -0.5 * (x / deviation).square()
  }

  private static func walls(_ x: Variable) -> Variable {
    gaussian((x.first - 4).relu() + (-x.first - 4).relu(), 0.4)
  }

  private static func wave(_ x: Variable) -> Variable { (Float.pi / 2 * x.first).sin() }

  private static func twoArcs(_ x: Variable, width: Float, place: Float) -> Variable {
    let radius = (x.square().rowSums() + 1e-12).squareRoot()
    let sides = [gaussian(x.first - 2, place), gaussian(x.first + 2, place)]
    return gaussian(radius - 2, width) + Variable.concatenated(sides).logSumExp()
  }
}

extension Variable {
  fileprivate var first: Variable { columns(0..<1) }
  fileprivate var second: Variable { columns(1..<2) }
}
