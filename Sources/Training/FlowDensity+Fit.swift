import Flows
import Foundation
import Media
import Models
import Tensors

/// From a table to a density, and back to a table.
///
///     let density = try FlowDensity(base: base, flows: flows, standardizing: table)
///     try density.fit(table, steps: 1000)
///     let nats = try density.logDensity(table)
///     try density.sample(1000).write(to: "new.csv")
extension FlowDensity {
  /// A model of one's own flows, of a table's columns brought to mean 0 and deviation 1 first.
  /// Throws a `FileError` if a column has one value only, as its density would be without bound.
  public convenience init(
    base: any BaseDistribution, flows: [any Flow], standardizing table: Table
  ) throws {
    for (i, name) in table.columns.enumerated() where table.isConstant(i) {
      throw FileError(
        path: table.path, reason: "column \(name) has one value only", kind: .malformed)
    }
    var scaled = FlowConfiguration(columns: table.columns, flows: [])
    try scaled.standardize(by: table)
    self.init(
      base: base, flows: flows, columns: table.columns, shift: scaled.shift, scale: scaled.scale)
  }

  /// Fits the density to a table's rows by maximum likelihood and leaves the averaged weights in
  /// the model; of those at each validation the best ones, where rows to validate on are given.
  ///
  /// Begins with what is set from data, such as actnorms; weights go on from where they are.
  ///
  /// - Parameters:
  ///   - table: The rows, with all of the model's columns; others are passed over.
  ///   - validation: Rows that are scored at the end and every `options.validationInterval` steps.
  ///   - steps: How many batches of `options.batch` rows to learn from.
  ///   - options: Rate, batch, seed and so on.
  ///   - report: Told of each step. Its loss is −log p, nats a row, of the columns as in the file.
  ///
  /// Throws a `FileError` if a table lacks a column, and `Trainer.Diverged` if ten steps in a row
  /// are not finite.
  public func fit(
    _ table: Table, validation: Table? = nil, steps: Int = 2000,
    options: TrainingOptions = .forTables, report: (Trainer.Step) -> Void = { _ in }
  ) throws {
    precondition(steps > 0, "a fit takes a step at least")
    let task = FlowTask(
      self, try FlowRows(table, for: configuration),
      validation: try validation.map { try FlowRows($0, for: configuration) }, options)
    let trainer = try Trainer(starting: task)
    var best: (loss: Double, weights: [[Float]])?
    for step in 1...steps {
      report(try trainer.step())
      guard step == steps || (validation != nil && step % options.validationInterval == 0) else {
        continue
      }
      try trainer.optimizer.withEMA {
        let loss = try task.validate()?.mean ?? 0
        if !(loss >= best?.loss ?? .infinity) { best = (loss, weights) }
      }
    }
    if let best { set(best.weights) }
  }

  /// log p(x) of each row, nats, of the columns as they are in the table. Throws a `FileError` if
  /// it lacks a column.
  public func logDensity(_ table: Table) throws -> [Double] {
    RowScores(of: self, on: try FlowRows(table, for: configuration)).logLikelihoods
  }

  /// New rows, with the columns that the model was fitted to; of a model without context. Row n is
  /// a function of the seed and n alone. Throws `Sampler.NotFinite` if the flows gave a number that
  /// isn't.
  public func sample(_ count: Int, seed: UInt64 = 0) throws -> Table {
    precondition(count >= 0, "as many rows as that can't be drawn")
    let values = configuration.values(of: sample(0..<count, seed: seed))
    guard values.allSatisfy(\.isFinite) else { throw Sampler.NotFinite() }
    return Table(path: "drawn rows", columns: configuration.columns, values: values)
  }

  private var weights: [[Float]] {
    var all: [[Float]] = []
    visitParameters { all.append($1.value.elements) }
    return all
  }

  private func set(_ weights: [[Float]]) {
    var rest = weights[...]
    visitParameters { _, parameter in
      if let values = rest.popFirst() { parameter.set(values) }
    }
  }
}

extension TrainingOptions {
  /// What suits most tables: batches of 256 rows, and averages that forget within 200 steps.
  public static var forTables: TrainingOptions {
    var options = TrainingOptions()
    (options.batch, options.learningRate, options.warmup) = (256, 2e-3, 50)
    (options.averageDecay, options.evaluateEvery) = (0.995, 100)
    return options
  }
}
