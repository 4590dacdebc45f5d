import Flows
import Foundation
import Tensors

/// Everything that rebuilds a `FlowDensity`: its columns, what is done to them first, and its
/// flows.
public struct FlowConfiguration: ModelConfiguration {
  /// The names of the columns.
  public var columns: [String]
  /// What is taken off each column, and what it is divided by; the likelihood counts it.
  public var shift, scale: [Double]
  /// The flows in the order from data to latent, a name each; see `FlowName`. Of a sampler, from
  /// noise to data.
  public var flows: [String]
  /// The base, such as `normal` or `beta(2,5)`; see `BaseName`.
  public var base: String
  /// Hidden units of each layer of the nets.
  public var hidden: [Int]
  /// What follows each layer of the nets but the last.
  public var activation = DenseStack.Activation.relu
  /// Bins of splines.
  public var bins = 8
  /// Beyond ±`bound` a spline is the identity.
  public var bound: Float = 4
  /// Of mixtures.
  public var components = 8
  /// Directions of a Sylvester flow, or reflections.
  public var directions = 8
  /// What a step of the continuous flow may be off by.
  public var tolerance = 1e-5
  /// True for a model that is drawn from to be fitted: its flows go from noise to data.
  public var isSampler = false
  /// The columns that the density is conditional on, brought to numbers of size 1.
  public var context: [ContextColumn] = []
  /// Whether a learned base is one for each class of the context; in older files it is one for all.
  public var hasBasePerClass: Bool?
  /// Columns of whole numbers that uniform noise is added to, for a density on the line.
  public var discrete: [String] = []
  /// The target that a sampler was fitted to.
  public var target: String?

  /// A column that the density is conditional on.
  public struct ContextColumn: Codable, Equatable, Sendable {
    /// Its name in the table.
    public var name: String
    /// What is taken off it, and what it is divided by.
    public var shift, scale: Double
    /// Its values, where each of them is an input of its own (one-hot).
    public var values: [Double]

    /// A column as one number, or as one of a few values.
    public init(name: String, shift: Double = 0, scale: Double = 1, values: [Double] = []) {
      (self.name, self.shift, self.scale, self.values) = (name, shift, scale, values)
    }

    /// Inputs that it becomes.
    public var width: Int { values.isEmpty ? 1 : values.count }
  }

  /// A density of these columns as they are.
  public init(
    columns: [String], flows: [String], base: String = "normal", hidden: [Int] = [64, 64]
  ) {
    (self.columns, self.flows, self.base, self.hidden) = (columns, flows, base, hidden)
    shift = Array(repeating: 0, count: columns.count)
    scale = Array(repeating: 1, count: columns.count)
  }

  /// Inputs that the context comes to.
  public var contextWidth: Int { context.reduce(0) { $0 + $1.width } }

  /// The most classes that a learned base has.
  public static let mostBaseClasses = 4096

  /// Combinations of the context's classes: of each column of classes a value, for any of the
  /// others'. Counted until there are more than a base can have.
  public var classes: Int {
    context.reduce(1) { $0 > Self.mostBaseClasses ? $0 : $0 * max(1, $1.values.count) }
  }

  /// How many classes a learned base has.
  public var baseClasses: Int { hasBasePerClass == true ? classes : 1 }

  /// The classes of features [N, C], one-hot, [N, baseClasses]; nil where a base has none.
  func baseClasses(of features: Tensor?) -> Tensor? {
    let (count, width) = (baseClasses, contextWidth)
    guard count > 1, let elements = features?.elements else { return nil }
    var all = [Float](repeating: 0, count: elements.count / width * count)
    for row in 0..<elements.count / width {
      var (place, first) = (0, row * width)
      for column in context {
        let own = elements[first..<first + column.width]
        if !column.values.isEmpty {
          place = place * column.width + ((own.firstIndex { $0 > 0.5 } ?? first) - first)
        }
        first += column.width
      }
      all[row * count + place] = 1
    }
    return Tensor(all, shape: [elements.count / width, count])
  }

  /// What standardising adds to the log-likelihood of a row, −Σ log scale, nats.
  public var logJacobian: Double { -scale.reduce(0) { $0 + log($1) } }

  /// Whether rows must lie in (0, 1): the first flow that changes more than the order is a logit.
  /// Such columns are taken as they are.
  public var takesUnitInterval: Bool {
    let orders = [FlowName.permute, .reverse].map(\.rawValue)
    return !isSampler && flows.first { !orders.contains($0) } == FlowName.logit.rawValue
  }

  /// Where the points lie that the flows make of all they may be given: on the line or on (0, 1),
  /// and the first flow behind which they are a part of it only, as those behind tanh.
  private struct Reach {
    var isUnit: Bool
    var narrowed: FlowName?

    mutating func pass(_ flow: FlowName) {
      if flow == .permute || flow == .reverse { return }
      let isWhole = flow == .logit ? isUnit : !isUnit && flow != .softplus && flow != .tanh
      if !isWhole, narrowed == nil { narrowed = flow }
      isUnit = flow.isBounded
    }
  }

  private var reach: Reach {
    var reach = Reach(isUnit: takesUnitInterval)
    for flow in flows.compactMap(FlowName.init) { reach.pass(flow) }
    return reach
  }

  /// Whether what comes out of the flows lies in (0, 1).
  public var endsInUnitInterval: Bool { reach.isUnit }

  /// Why one of the flows has no value for what the one before it gives, or nil.
  public var orderError: String? {
    var reach = Reach(isUnit: takesUnitInterval)
    for flow in flows.compactMap(FlowName.init) {
      if flow == .logit, !reach.isUnit {
        return "logit takes what lies in (0, 1), as behind sigmoid"
      }
      reach.pass(flow)
    }
    return nil
  }

  /// What is amiss where the flows reach a part only of what lies behind them, or nil: mass of the
  /// base that no row is mapped to, or places that no draw is.
  public var reachWarning: String? {
    let reach = reach
    let isUnit = !isSampler && BaseName(base)?.isBounded ?? false
    let last = flows.compactMap(FlowName.init).last
    guard let flow = reach.narrowed ?? (reach.isUnit == isUnit ? nil : last) else { return nil }
    return isSampler
      ? "behind \(flow.rawValue) the flows reach a part of the plane only: the target's mass elsewhere is "
        + "missed"
      : "behind \(flow.rawValue) the flows reach a part of the base \(base) only: the density's mass is "
        + "below 1, and draws of the rest fail"
  }

  /// The flows and the base in a line: "whiten, (nsf, permute) × 4, nsf onto normal".
  public var summary: String {
    var groups: [(names: [String], count: Int)] = []
    var at = 0
    while at < flows.count {
      // the shortest stretch that is repeated from here on, most often
      var best = (size: 1, count: 1)
      for size in 1...2 where at + size <= flows.count {
        let stretch = flows[at..<at + size]
        var count = 1
        while at + (count + 1) * size <= flows.count,
          flows[(at + count * size)..<(at + (count + 1) * size)].elementsEqual(stretch)
        { count += 1 }
        if size * count > best.size * best.count, count > 1 { best = (size, count) }
      }
      groups.append((Array(flows[at..<at + best.size]), best.count))
      at += best.size * best.count
    }
    let list = groups.map { names, count in
      let one = names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))"
      return count == 1 ? one : "\(one) × \(count)"
    }
    return (list.isEmpty ? "no flow" : list.joined(separator: ", "))
      + (isSampler ? " from \(base)" : " onto \(base)")
      + (baseClasses > 1 ? " for each of \(baseClasses) classes" : "")
  }

  /// What `bins` may be.
  public static let binCounts = 2...64
  /// What `components` may be.
  public static let componentCounts = 1...64

  public var validationError: String? {
    let d = columns.count
    if !(1...65536).contains(d) { return "columns are \(d), not in 1…65536" }
    if Set(columns + context.map(\.name)).count != d + context.count {
      return "two columns have one name"
    }
    if shift.count != d || scale.count != d { return "shift and scale are not one a column" }
    if !shift.allSatisfy(\.isFinite) || !scale.allSatisfy({ $0.isFinite && $0 > 0 }) {
      return "a shift is not finite or a scale not above 0"
    }
    for column in context
    where !column.shift.isFinite || !(column.scale.isFinite && column.scale > 0)
      || !column.values.allSatisfy(\.isFinite)
    {
      return "the context \(column.name) has numbers that make no sense"
    }
    if target != nil, !isSampler { return "a target is fitted by a sampler" }
    if hidden.count > 16 || !hidden.allSatisfy({ (1...16384).contains($0) }) {
      return "hidden layers are \(hidden)"
    }
    for (name, value, range) in [
      ("bins", bins, Self.binCounts), ("components", components, Self.componentCounts),
    ] where !range.contains(value) {
      return "\(name) are \(value), not in \(range.lowerBound)…\(range.upperBound)"
    }
    if !(1...4096).contains(directions) { return "directions are \(directions), not in 1…4096" }
    if !(bound > 0 && bound < 1e6) { return "the spline's bound is \(bound)" }
    if !(tolerance >= 1e-8 && tolerance < 1) { return "the tolerance is \(tolerance)" }
    if flows.count > 1024 { return "flows are \(flows.count), more than 1,024" }
    if contextWidth > 65536 { return "the context is \(contextWidth) wide" }
    if target != nil, d != 2 || !context.isEmpty || base != "normal" {
      return "a target has two columns, no context and the normal base"
    }
    for flow in flows {
      guard let name = FlowName(rawValue: flow) else { return "there is no flow \(flow)" }
      if d == 1, name.isCoupling { return "\(flow) needs two columns or more" }
      if name == .continuous, hidden.isEmpty { return "\(flow) needs a hidden layer" }
    }
    // what nets keep of their units' order, before a file is known to hold their weights
    let units = flows.count * (d * max(3 * bins, 3 * components + 2) + hidden.reduce(0, +))
    if units > 1 << 26 { return "nets of \(units) units are more than 2^26" }
    if BaseName(base) == nil { return "there is no base \(base)" }
    if baseClasses > Self.mostBaseClasses { return "the base is of more than 4,096 classes" }
    return nil
  }
}
