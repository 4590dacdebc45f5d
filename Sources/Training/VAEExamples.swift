import Foundation
import Media
import Models
import Tensors

/// Examples as a VAE takes them: images by what its likelihood makes of their pixels, or a table's
/// rows in its scale.
public struct VAEExamples: Sendable {
  enum Source: Sendable {
    case images(any ExampleSet, ExampleFormat)
    case rows(FlowRows)
  }
  let source: Source
  private let c: VAEConfiguration
  private let windows: [ExampleWindow]

  /// Images, which must have the model's shape.
  public init(_ images: any ExampleSet, as format: ExampleFormat, for c: VAEConfiguration) {
    (source, self.c, windows) = (.images(images, format), c, images.windows)
  }

  /// The rows of a table. Throws a `FileError` if it lacks one of the model's columns, or holds
  /// what its likelihood gives no probability.
  public init(_ table: Table, for c: VAEConfiguration) throws {
    if c.likelihood == .bernoulli,
      let place = try table.selecting(c.columns).values.firstIndex(where: { $0 != 0 && $0 != 1 })
    {
      throw FileError(
        path: table.path,
        reason: "row \(place / c.columns.count + 1): a bernoulli likelihood is of 0 and 1 alone",
        kind: .malformed)
    }
    (source, self.c, windows) = (.rows(try FlowRows(table, for: c.rows)), c, [])
  }

  /// How many there are.
  public var count: Int {
    switch source {
    case .images: windows.count
    case .rows(let rows): rows.count
    }
  }

  /// Where each image is; nil of rows.
  public var paths: [String]? {
    if case .images(let set, _) = source { set.paths } else { nil }
  }

  /// x of so many examples, spread evenly. Throws a `FileError` if they can't be read.
  public func some(_ count: Int, seed: UInt64) throws -> Tensor {
    var bad: [Int: FileError] = [:]
    let places = (0..<count).map { $0 * self.count / count }
    if let read = try read(places, seed: seed, bad: &bad) { return read.x }
    throw bad.first?.value ?? FileError(path: "", reason: "holds nothing", kind: .malformed)
  }

  /// x of some of the examples, and which of them could be read; files that can't be are added to
  /// `bad`. Pixels that are drawn are a function of seed and place. Throws a `FileError` if too
  /// many are bad.
  func read(_ places: some Collection<Int>, seed: UInt64, bad: inout [Int: FileError]) throws
    -> (x: Tensor, places: [Int])?
  {
    switch source {
    case .rows(let rows):
      return (
        rows.batch(places, noise: RandomStream(seed: seed, .validationNoise)).x, Array(places)
      )
    case .images(let set, let format):
      let read = try set.read(
        places.map { (windows[$0], $0) }, size: format.dimensions, bad: &bad)
      if read.windows.isEmpty { return nil }
      let own = read.windows.map(\.place)
      return (
        c.input(read.samples) {
          RandomStream(seed: seed, .pixels).uniform(
            [1, format.dimensions], from: own[$0] * format.dimensions)
        }, own
      )
    }
  }
}

extension VAEConfiguration {
  /// The columns of a table as `FlowRows` takes them: what a flow would be told of them.
  var rows: FlowConfiguration {
    var rows = FlowConfiguration(columns: columns, flows: [])
    (rows.shift, rows.scale) = (shift, scale)
    return rows
  }

  /// Standardises the columns by the rows to train on, but for those of 0 and 1.
  public mutating func standardize(by table: Table) throws {
    guard likelihood == .gaussian else { return }
    var rows = rows
    try rows.standardize(by: table)
    (shift, scale) = (rows.shift, rows.scale)
  }

  /// x, [N, H, W, C], of N images' samples; `uniform` gives the numbers that an image's pixels are
  /// drawn with, where they are.
  func input(_ samples: [Int16], _ uniform: (Int) -> Tensor) -> Tensor {
    guard let format else { preconditionFailure("pixels for a model of a table") }
    guard likelihood == .bernoulli else { return format.centered(samples) }
    let size = format.dimensions
    let count = samples.count / size
    var x: [Float]
    switch binarization {
    case .dynamic:
      x = []
      x.reserveCapacity(samples.count)
      for n in 0..<count {
        let drawn = uniform(n).elements
        for (sample, u) in zip(samples[n * size..<(n + 1) * size], drawn) {
          x.append(u * 255 < Float(sample) ? 1 : 0)
        }
      }
    case .static, nil: x = samples.map { $0 > 127 ? 1 : 0 }
    }
    return Tensor(x, shape: [count, format.height, format.width, format.channels])
  }

  /// The images that x stands for, [N, H, W, C]: a probability of 1 as a level of gray.
  func images(of x: Tensor) -> [Image] {
    guard let format else { preconditionFailure("images of a model of a table") }
    guard likelihood == .bernoulli else { return format.images(x).images }
    let all = x.elements
    return (0..<x.examples).map { n in
      Image(
        width: format.width, height: format.height, channels: format.channels,
        pixels: all[n * format.dimensions..<(n + 1) * format.dimensions].map {
          UInt8(min(max($0, 0), 1) * 255 + 0.5)
        })
    }
  }

  /// What a run validates by: bits per dimension where there are levels, or nats an example. Either
  /// is of the bound, which is below log p(x).
  public var metric: Metric {
    hasLevels
      ? Metric(name: "bits/dim", key: "bits_per_dim")
      : Metric(name: "nats \(exampleName)", key: "elbo", isNegated: true)
  }

  /// "an image" or "a row".
  public var exampleName: String { image == nil ? "a row" : "an image" }

  /// What turns nats an example into the metric's loss.
  public var lossScale: Double { hasLevels ? -1 / (Double(dimensions) * log(2)) : -1 }

  /// Examples that go through the nets at once where no gradient is wanted.
  var scoredAtOnce: Int {
    guard let image else { return 2048 }
    return max(1, min(256, (16 << 20) / (image.width * image.height * width)))
  }
}
