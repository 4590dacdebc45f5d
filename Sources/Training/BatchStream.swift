import Media
import Models

/// The batches of a run one after the other, made ahead of their steps.
final class BatchStream {
  private let examples: any ExampleSet
  private let format: ExampleFormat
  private let options: TrainingOptions
  private let told: ConditionSource?
  private let share: Range<Int>?
  private var batches: Prefetcher<Batch>?

  init(
    _ examples: any ExampleSet, _ format: ExampleFormat, _ options: TrainingOptions,
    telling told: ConditionSource? = nil, share: Range<Int>? = nil
  ) {
    (self.examples, self.format, self.options, self.told) = (examples, format, options, told)
    self.share = share
  }

  /// The batch of step `iteration`, which follows the one before unless the stream was restarted.
  /// Throws a `FileError` if too many files are bad.
  func next(_ iteration: Int) throws -> Batch {
    if let batches { return try batches.next() }
    let source = BatchSource(examples, format, options, telling: told, share: share)
    let fresh = Prefetcher(start: iteration) { try source.batch($0) }
    batches = fresh
    return try fresh.next()
  }

  /// The next step is another than the one that follows.
  func restart() { batches = nil }
}
