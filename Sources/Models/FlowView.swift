import Flows
import Foundation
import Tensors

/// A `FlowDensity` in the numbers that its columns have in the file, at one value of its context:
/// what a picture of it shows.
///
/// Rows are N·D numbers, row after row. Columns of whole numbers are as with the noise added to
/// them.
public struct FlowView {
  /// What is looked at.
  public let flow: FlowDensity
  private let features: [Float]

  /// Rows that go through the model at once.
  private static let atOnce = 4096

  /// The model with these values of its context; `FlowConfiguration.problem(given:)` must be nil.
  public init(_ flow: FlowDensity, given values: [String: Double] = [:]) {
    self.flow = flow
    features = flow.configuration.features(given: values)
  }

  private var configuration: FlowConfiguration { flow.configuration }

  /// D.
  public var columns: Int { configuration.columns.count }

  /// p(x | context) of each row, per unit of the columns as they are in the file.
  public func density(_ rows: [Double]) -> [Double] {
    inParts(rows) { flow.logLikelihood($0, $1).map { exp($0) } }
  }

  /// The latents of the rows, N·D numbers.
  public func latents(_ rows: [Double]) -> [Double] {
    inParts(rows) { flow.encode($0, $1).z.elements.map(Double.init) }
  }

  /// The parts of `density` that the components of a mixture have, a list each; none where there is
  /// no mixture. See `FlowDensity.mixtureComponents`.
  public func mixtureComponents(_ rows: [Double]) -> [[Double]] {
    var all: [[Double]] = []
    for part in parts(of: rows, width: columns) {
      let components = flow.mixtureComponents(input(part), context(part.count / columns))
      if all.isEmpty { all = Array(repeating: [], count: components.count) }
      for (i, component) in components.enumerated() { all[i] += component }
    }
    return all
  }

  /// p(z) of rows of latents.
  public func baseDensity(_ latents: [Double]) -> [Double] {
    parts(of: latents, width: columns).flatMap { part in
      let z = Tensor(part.map { Float($0) }, shape: [part.count / columns, columns])
      return flow.base(context(1)).logDensity(Variable(z)).value.elements.map { exp(Double($0)) }
    }
  }

  /// Draws of the base, rows of latents.
  public func baseSamples(_ count: Int, seed: UInt64) -> [Double] {
    flow.base(context(1)).sample(0..<count, seed: seed, temperature: 1).elements.map(Double.init)
  }

  /// Draws from the density.
  public func samples(_ count: Int, seed: UInt64) -> [Double] {
    stride(from: 0, to: count, by: Self.atOnce).flatMap { first in
      let range = first..<min(first + Self.atOnce, count)
      return original(flow.sample(range, context(range.count), seed: seed))
    }
  }

  /// The rows that a model takes or gives, [N, D], in the columns' numbers.
  public func original(_ x: Tensor) -> [Double] {
    let (shift, scale) = (configuration.shift, configuration.scale)
    return x.elements.enumerated().map { i, value in
      Double(value) * scale[i % columns] + shift[i % columns]
    }
  }

  private func input(_ rows: ArraySlice<Double>) -> Tensor {
    let (shift, scale) = (configuration.shift, configuration.scale)
    let x = rows.enumerated().map { i, value in
      Float((value - shift[i % columns]) / scale[i % columns])
    }
    return Tensor(x, shape: [x.count / columns, columns])
  }

  private func context(_ rows: Int) -> Context {
    guard !features.isEmpty else { return Context() }
    let all = (0..<rows).flatMap { _ in features }
    return Context(features: Tensor(all, shape: [rows, features.count]))
  }

  private func parts(of numbers: [Double], width: Int) -> [ArraySlice<Double>] {
    precondition(numbers.count % width == 0, "the last row is not whole")
    return stride(from: 0, to: numbers.count, by: Self.atOnce * width).map {
      numbers[$0..<min($0 + Self.atOnce * width, numbers.count)]
    }
  }

  private func inParts(_ rows: [Double], _ body: (Tensor, Context) -> [Double]) -> [Double] {
    parts(of: rows, width: columns).flatMap { body(input($0), context($0.count / columns)) }
  }
}
