import Foundation
import Media
import Models
import Plots
import Training

/// Pictures of a `FlowDensity` beside data and draws.
struct FlowPicture {
  let view: FlowView
  /// The columns that are shown, by their places in the model.
  let shown: [Int]
  /// Rows of all of the model's columns; none where there are no data.
  let data: [Double]
  /// How many draws are shown, and which.
  let count: Int
  let seed: UInt64
  let title: String

  private var columns: [String] { view.flow.configuration.columns }
  private var names: [String] { shown.map { columns[$0] } }

  /// Whether the density of what is shown is known, and can be shown.
  private var hasDensity: Bool { shown.count == columns.count && shown.count <= 2 }

  /// Density, data and draws, as fits the number of columns.
  func density() throws -> Plots.Figure {
    switch (hasDensity, shown.count) {
    case (true, 1): try oneColumn()
    case (true, _): try twoColumns()
    default: try corner()
    }
  }

  private func corner() throws -> Plots.Figure {
    let samples = try samples()
    return .corner(
      data: shown.map { column($0, of: data) }, samples: shown.map { column($0, of: samples) },
      names: names, title: title)
  }

  private func column(_ index: Int, of rows: [Double]) -> [Double] {
    stride(from: index, to: rows.count, by: columns.count).map { rows[$0] }
  }

  /// Throws `Sampler.NotFinite` where a draw is not finite.
  private func samples() throws -> [Double] {
    let rows = view.samples(count, seed: seed)
    guard rows.allSatisfy(\.isFinite) else { throw Sampler.NotFinite() }
    return rows
  }

  // MARK: One column

  /// Places of a curve.
  private static let places = 1001

  /// A flow of one column as curves over what is worth seeing of it.
  private struct Curves {
    let density, map, base: Curve
    let components: [Curve]
  }

  private func curves(over x: ClosedRange<Double>, _ z: ClosedRange<Double>) -> Curves {
    let (atX, atZ) = (Curve.places(x, Self.places), Curve.places(z, Self.places))
    return Curves(
      density: Curve(x: atX, y: view.density(atX)), map: Curve(x: atX, y: view.latents(atX)),
      base: Curve(x: atZ, y: view.baseDensity(atZ)),
      components: view.mixtureComponents(atX).map { Curve(x: atX, y: $0) })
  }

  private func latentRange(_ latents: [Double]) -> ClosedRange<Double> {
    view.flow.base.isBounded
      ? 0...1 : Plots.Figure.view(of: latents + view.baseSamples(count, seed: seed))
  }

  private func oneColumn() throws -> Plots.Figure {
    let values = data.isEmpty ? try samples() : data
    let latents = view.latents(values)
    let curves = curves(over: Plots.Figure.view(of: values), latentRange(latents))
    return .oneDimensional(
      data: values, density: curves.density, components: curves.components, map: curves.map,
      latents: latents, base: curves.base, name: names[0],
      dataName: data.isEmpty ? "draws" : "data", title: title)
  }

  /// The change of variables, with the mass of an interval followed through; unless given, of the
  /// middle three tenths of the data. Of one column.
  func changeOfVariables(_ interval: ClosedRange<Double>?) throws -> Plots.Figure {
    let values = (data.isEmpty ? try samples() : data).sorted()
    let interval = interval ?? Self.quantile(0.35, values)...Self.quantile(0.65, values)
    let ends = [interval.lowerBound, interval.upperBound]
    let seen = Plots.Figure.view(of: values)
    let z = latentRange(view.latents(values))
    let image = view.latents(ends).filter(\.isFinite)
    let curves = curves(over: Self.range(seen, ends), Self.range(z, image))
    return .changeOfVariables(
      map: curves.map, density: curves.density, base: curves.base, interval: interval,
      name: names[0], title: title)
  }

  private static func quantile(_ share: Double, _ sorted: [Double]) -> Double {
    sorted[Int(share * Double(sorted.count - 1))]
  }

  /// The range, widened to numbers that it lacks.
  private static func range(_ range: ClosedRange<Double>, _ numbers: [Double])
    -> ClosedRange<Double>
  {
    numbers.reduce(range) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
  }

  // MARK: Two columns

  private static let cells = 200

  private func twoColumns() throws -> Plots.Figure {
    let (data, samples) = (pair(data), pair(try samples()))
    let pair = (names[0], names[1])
    let target = Target.all.first { $0.name == view.flow.configuration.target }
    let seen = data.x.isEmpty ? samples : data
    let (x, y) =
      target.map { (-$0.reach...$0.reach, -$0.reach...$0.reach) }
      ?? (Plots.Figure.view(of: seen.x), Plots.Figure.view(of: seen.y))
    let places = Grid.middles(x: x, y: y, columns: Self.cells, rows: Self.cells)
    let rows = zip(places.x, places.y).flatMap { shown == [0, 1] ? [$0, $1] : [$1, $0] }
    func grid(_ values: [Double]) -> Grid { Grid(x: x, y: y, columns: Self.cells, values: values) }
    let density = grid(view.density(rows))
    if let target {
      return .fitted(
        target: grid(target.density(rows)), isNormalized: target.logNormalizer != nil,
        density: density, samples: samples, names: pair, title: title)
    }
    return .twoDimensional(
      density: density, data: data, samples: samples, names: pair, title: title)
  }

  private func pair(_ rows: [Double]) -> (x: [Double], y: [Double]) {
    (column(shown[0], of: rows), column(shown[1], of: rows))
  }
}
