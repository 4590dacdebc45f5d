import Foundation
import Media
import Models
import Tensors

/// Scores windows of one width at once.
struct WindowScorer {
  let glow: Glow
  /// What the model is told of windows; nil where that is nothing.
  let told: ConditionSource?
  /// The class of each file, where the model has classes.
  let labels: [Int]?
  let draws: Int
  let seed: UInt64

  /// log p of each window, of `draws` of the noise, their mean, which bounds it, and the noise of
  /// the first draw.
  func score(_ read: ReadWindows, width: Int, _ condition: Tensor?) -> (
    logLikelihoods: [Double], bounds: [Double], noise: Tensor
  ) {
    let labels = labels(of: read.windows)
    let first = noise(read.windows, width: width, draw: 0)
    let byDraw = (0..<draws).map { draw in
      let noise = draw == 0 ? first : noise(read.windows, width: width, draw: draw)
      return score(read.samples, noise, labels, condition)
    }
    let terms = read.windows.indices.map { n in byDraw.map { $0[n] } }
    let bounds = terms.map { $0.reduce(0, +) / Double(draws) }
    return (terms.map(\.logMeanExp), bounds, first)
  }

  /// log p of each window by this noise.
  private func score(_ samples: [Int16], _ noise: Tensor, _ labels: [Int]?, _ condition: Tensor?)
    -> [Double]
  {
    let size = samples.count / noise.examples
    return glow.inShares(of: noise.examples) { own in
      let drawn = glow.dequantize(
        Array(samples[own.lowerBound * size..<own.upperBound * size]), noise: noise.examples(own))
      let logLikelihood = glow.encode(
        drawn.x, labels: labels.map { Array($0[own]) }, condition: condition?.examples(own)
      ).logLikelihood
      return zip(logLikelihood, drawn.logDet).map { $0 + $1 }
    }.flatMap { $0 }
  }

  /// What the model is told of windows that were read with it; nil where that is nothing.
  func condition(_ read: ReadWindows) -> Tensor? {
    told == nil
      ? nil : glow.configuration.conditionTensor(read.told, examples: read.windows.count)
  }

  /// The classes of these windows.
  func labels(of windows: [Evaluation.Placed]) -> [Int]? {
    labels.map { labels in windows.map { labels[$0.window.file] } }
  }

  private func noise(_ windows: [Evaluation.Placed], width: Int, draw: Int) -> Tensor {
    let c = glow.configuration
    let stream = RandomStream(seed: seed, .validationNoise, draw)
    return .concatenatedExamples(
      windows.map { stream.uniform([1, c.height, width, c.channels], from: $0.place) })
  }
}

/// Windows that could be read, their samples, N,H,W,C, and what a model is told of them.
package typealias ReadWindows = (windows: [Evaluation.Placed], samples: [Int16], told: [Float])

extension ExampleSet {
  /// Reads windows of `size` samples each, and by `told` what a model is told of each, which may
  /// lie around it in its file; files that can't be read are added to `bad`. Throws a `FileError`
  /// if too many.
  package func read(
    _ windows: some Sequence<Evaluation.Placed>, size: Int, bad: inout [Int: FileError],
    telling told: (ExampleWindow) throws -> [Float] = { _ in [] }
  ) throws -> ReadWindows {
    var all: ReadWindows = ([], [], [])
    for placed in windows {
      do {
        var one = [Int16](repeating: 0, count: size)
        try one.withUnsafeMutableBufferPointer { try read(placed.window, into: $0) }
        let numbers = try told(placed.window)
        all.samples += one
        all.told += numbers
        all.windows.append(placed)
      } catch let error as FileError where error.path == paths[placed.window.file] {
        bad[placed.window.file] = error
      }
    }
    return all
  }
}
