import Media
import Models
import Tensors

/// One step's examples, before dequantization.
public struct Batch: Sendable {
  /// N·H·W·C samples.
  public let samples: [Int16]
  /// The class of each example, where there are any.
  public let labels: [Int]?
  /// What the model is told of each example beside it, one behind the other, where it is told
  /// something.
  public let condition: [Float]?
}

/// Batches as a function of their number alone: each epoch goes through the set once in an order of
/// its own, so that a resumed run sees what an uninterrupted one would have seen.
final class BatchSource: @unchecked Sendable {  // used by one thread, the prefetcher's
  private let examples: any ExampleSet
  private let format: ExampleFormat
  private let options: TrainingOptions
  private let told: ConditionSource?
  private let share: Range<Int>
  private var order: EpochOrder

  /// Batches of a set, or of each the examples at the places `share`: the same as in the whole.
  init(
    _ examples: any ExampleSet, _ format: ExampleFormat, _ options: TrainingOptions,
    telling told: ConditionSource? = nil, share: Range<Int>? = nil
  ) {
    precondition(told == nil || !options.flip, "what is told of an image is not mirrored with it")
    self.share = share ?? 0..<options.batch
    (self.examples, self.format, self.options, self.told) = (examples, format, options, told)
    order = EpochOrder(count: examples.count, seed: options.seed)
  }

  func batch(_ iteration: Int) throws -> Batch {
    let chosen = order.batch(iteration, of: options.batch)
    let labels = examples.labels.map { labels in
      chosen[share].map { labels[examples.file(ofExample: $0)] }
    }
    let size = format.dimensions
    var samples = [Int16](repeating: 0, count: size * share.count)
    let flips = RandomStream(seed: options.seed, .flips, iteration)
    var numbers: [Float] = []
    try samples.withUnsafeMutableBufferPointer { all in
      for n in share {
        let place = n - share.lowerBound
        let one = UnsafeMutableBufferPointer(rebasing: all[place * size..<(place + 1) * size])
        // a stream for each, so that a stretch that is drawn anew moves no other
        let stream = RandomStream(
          seed: options.seed, .segments, iteration * options.batch + n)
        numbers += try draw(chosen[n], stream, into: one)
        if options.flip && flips.words(n).0 & 1 == 1 { mirror(one) }
      }
    }
    return Batch(samples: samples, labels: labels, condition: told.map { _ in numbers })
  }

  /// Draws an example, and returns what a model is told of it. A file may turn out to be bad only
  /// where that lies, around what was drawn; then the set knows it, and draws from another.
  private func draw(
    _ i: Int, _ stream: RandomStream, into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> [Float] {
    var failed: Set<Int> = []
    while true {
      var generator = stream.generator
      let window = try examples.draw(i, using: &generator, into: buffer)
      do {
        return try told?.values(of: [window]) ?? []
      } catch let error as FileError where error.path == examples.paths[window.file] {
        // once: a set that would draw from it again does not know it
        guard failed.insert(window.file).inserted else { throw error }
      }
    }
  }

  private func mirror(_ samples: UnsafeMutableBufferPointer<Int16>) {
    let (width, channels) = (format.width, format.channels)
    for line in stride(from: 0, to: samples.count, by: width * channels) {
      for x in 0..<width / 2 {
        for c in 0..<channels {
          samples.swapAt(line + x * channels + c, line + (width - 1 - x) * channels + c)
        }
      }
    }
  }
}
