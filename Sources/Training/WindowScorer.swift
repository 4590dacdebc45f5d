import Foundation
import Media
import Models
import Tensors

/// Scores windows of one width at once.
struct WindowScorer {
  let glow: Glow
  let examples: any ExampleSet
  /// The class of each file, where the model has classes.
  let labels: [Int]?
  let draws: Int
  let seed: UInt64

  /// Windows that could be read, and their samples, N,H,W,C.
  typealias Read = (windows: [Evaluation.Placed], samples: [Int16])

  /// Reads windows; files that can't be read are added to `bad`. Throws a `FileError` if too many.
  func read(_ windows: ArraySlice<Evaluation.Placed>, width: Int, bad: inout [Int: FileError])
    throws -> Read
  {
    let size = glow.configuration.height * width * glow.configuration.channels
    var read: Read = ([], [])
    for placed in windows {
      do {
        var one = [Int16](repeating: 0, count: size)
        try one.withUnsafeMutableBufferPointer { try examples.read(placed.window, into: $0) }
        read.samples += one
        read.windows.append(placed)
      } catch let error as FileError where error.path == examples.paths[placed.window.file] {
        bad[placed.window.file] = error
      }
    }
    return read
  }

  /// log p of each window, of `draws` of the noise, and the noise of the first draw.
  func score(_ read: Read, width: Int) -> (logLikelihoods: [Double], noise: Tensor) {
    let labels = labels(of: read.windows)
    var terms = [[Double]](repeating: [], count: read.windows.count)
    let first = noise(read.windows, width: width, draw: 0)
    for draw in 0..<draws {
      let noise = draw == 0 ? first : noise(read.windows, width: width, draw: draw)
      let x = Tensor.dequantized(read.samples, noise: noise, on: glow.configuration.grid)
      for (n, value) in glow.encode(x, labels: labels).logLikelihood.enumerated() {
        terms[n].append(value)
      }
    }
    return (terms.map(Self.logMeanExp), first)
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

  /// log(1/K Σ exp(value)), without overflow.
  private static func logMeanExp(_ values: [Double]) -> Double {
    guard let largest = values.max(), largest.isFinite else { return values.first ?? 0 }
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(values.count))
  }
}
