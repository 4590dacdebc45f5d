import Flows
import Media
import Tensors

/// One step's examples, before dequantization.
public struct Batch: Sendable {
  /// N·H·W·C samples.
  public let pixels: [UInt8]
  /// The class of each example, where there are any.
  public let labels: [Int]?
}

/// Batches as a function of their number alone: each epoch goes through the set once in an order of
/// its own, so that a resumed run sees what an uninterrupted one would have seen.
final class BatchSource: @unchecked Sendable {  // used by one thread, the prefetcher's
  private let images: ImageSet
  private let options: TrainingOptions
  private var epoch = -1
  private var order: [Int] = []

  init(_ images: ImageSet, _ options: TrainingOptions) {
    (self.images, self.options) = (images, options)
  }

  func batch(_ iteration: Int) throws -> Batch {
    let first = iteration * options.batch
    let chosen = (first..<first + options.batch).map(image)
    let labels = images.labels.map { labels in chosen.map { labels[$0] } }
    let size = images.height * images.width * images.channels
    var pixels = [UInt8](repeating: 0, count: size * chosen.count)
    let flips = RandomStream(seed: options.seed, .flips, iteration)
    try pixels.withUnsafeMutableBufferPointer { all in
      for (n, image) in chosen.enumerated() {
        let one = UnsafeMutableBufferPointer(rebasing: all[n * size..<(n + 1) * size])
        try images.pixels(at: image, into: one)
        if options.flip && flips.words(n).0 & 1 == 1 { mirror(one) }
      }
    }
    return Batch(pixels: pixels, labels: labels)
  }

  private func image(_ position: Int) -> Int {
    if position / images.count != epoch {
      epoch = position / images.count
      order = RandomStream(seed: options.seed, .order, epoch).permutation(images.count)
    }
    return order[position % images.count]
  }

  private func mirror(_ pixels: UnsafeMutableBufferPointer<UInt8>) {
    let (width, channels) = (images.width, images.channels)
    for line in stride(from: 0, to: pixels.count, by: width * channels) {
      for x in 0..<width / 2 {
        for c in 0..<channels {
          pixels.swapAt(line + x * channels + c, line + (width - 1 - x) * channels + c)
        }
      }
    }
  }
}
