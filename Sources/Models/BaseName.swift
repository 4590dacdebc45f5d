import Flows
import Tensors

/// A base distribution asked for by name: `normal`, `learned-normal`, `uniform`, `beta(2,5)`,
/// `student(5)`, `mixture(4)`.
public struct BaseName: Sendable {
  private enum Kind: Sendable {
    case normal(isLearned: Bool)
    case uniform
    case beta(Double, Double)
    case student(Double)
    case mixture(Int)
  }

  private let kind: Kind

  /// Nil where there is none of this name, or its numbers make no sense.
  public init?(_ text: String) {
    let parts = text.split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
    var numbers: [Double] = []
    if parts.count == 2 {
      guard parts[1].hasSuffix(")") else { return nil }
      for number in parts[1].dropLast().split(separator: ",", omittingEmptySubsequences: false) {
        guard let number = Double(number.filter { $0 != " " }), number > 0, number < 1e6 else {
          return nil
        }
        numbers.append(number)
      }
    }
    switch (parts[0], numbers.count) {
    case ("normal", 0): kind = .normal(isLearned: false)
    case ("learned-normal", 0): kind = .normal(isLearned: true)
    case ("uniform", 0): kind = .uniform
    case ("beta", 2): kind = .beta(numbers[0], numbers[1])
    case ("student", 1): kind = .student(numbers[0])
    case ("mixture", 1) where numbers[0] == numbers[0].rounded() && numbers[0] <= 64:
      kind = .mixture(Int(numbers[0]))
    default: return nil
    }
  }

  /// Why there is no base of a name, as a clause with the name as its subject; nil if there is.
  public static func problem(_ text: String) -> String? {
    guard BaseName(text) == nil else { return nil }
    switch text.prefix(while: { $0 != "(" }) {
    case "normal", "learned-normal", "uniform": return "takes no number"
    case "beta": return "takes two numbers above 0 and below 1,000,000, as beta(2,5)"
    case "student": return "takes a number above 0 and below 1,000,000, as student(5)"
    case "mixture": return "takes a whole number from 1 to 64, as mixture(4)"
    default:
      return
        "is no base; there are normal, learned-normal, uniform, beta(a,b), student(n), mixture(k)"
    }
  }

  /// Whether it lies on (0, 1).
  public var isBounded: Bool {
    switch kind {
    case .uniform, .beta: true
    case .normal, .student, .mixture: false
    }
  }

  /// Whether it has parameters, which can be those of a class.
  public var isLearned: Bool {
    switch kind {
    case .normal(let isLearned): isLearned
    case .mixture: true
    case .uniform, .beta, .student: false
    }
  }

  /// The distribution; where it is learned, one for each class.
  public func distribution(columns: Int, classes: Int = 1, random: RandomStream)
    -> any BaseDistribution
  {
    switch kind {
    case .normal(let isLearned):
      NormalBase(columns: columns, isLearned: isLearned, classes: classes)
    case .uniform: UniformBase(columns: columns)
    case .beta(let a, let b): BetaBase(columns: columns, a: a, b: b)
    case .student(let degrees): StudentBase(columns: columns, degrees: degrees)
    case .mixture(let k):
      MixtureBase(columns: columns, components: k, classes: classes, random: random)
    }
  }
}
