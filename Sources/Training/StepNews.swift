/// What ranks tell each other in each step beside their gradients. It travels as numbers that are
/// summed; where one rank alone has something to say, the others say 0, so that the sum is exact.
struct StepNews {
  /// log p(x) of each example of the batch, in nats; 0 for those of other ranks.
  var logLikelihoods: [Double]
  /// The largest |x − x̂| that each rank saw.
  var drifts: [Double]
  /// Seconds that the run has spent, by the clock of rank 0.
  var seconds = 0.0
  /// How many ranks want the run to stop after this step.
  var stops = 0.0
  /// Whether rank 0 wants to save after this step.
  var saves = 0.0

  /// Of a batch of so many examples, shared out to so many ranks.
  init(examples: Int, ranks: Int) {
    logLikelihoods = Array(repeating: 0, count: examples)
    drifts = Array(repeating: 0, count: ranks)
  }

  /// Adds what this rank alone has to say.
  mutating func say(
    _ own: (seconds: Double, wishes: StepWishes), as ranks: any Communicator
  ) {
    stops = own.wishes.contains(.stop) ? 1 : 0
    guard ranks.isLeader else { return }
    (seconds, saves) = (own.seconds, own.wishes.contains(.save) ? 1 : 0)
  }

  /// The largest of the drifts; not a number if one is none.
  var drift: Float {
    Float(drifts.contains(where: \.isNaN) ? .nan : drifts.max() ?? 0)
  }

  /// What is wanted after the step.
  var wishes: StepWishes {
    var wishes: StepWishes = []
    if stops > 0 { wishes.insert(.stop) }
    if saves > 0 { wishes.insert(.save) }
    return wishes
  }

  /// How many numbers it is.
  var count: Int { logLikelihoods.count + drifts.count + 3 }

  func write(to numbers: UnsafeMutableBufferPointer<Double>) {
    _ = numbers.update(fromContentsOf: logLikelihoods + drifts + [seconds, stops, saves])
  }

  mutating func read(_ numbers: UnsafeMutableBufferPointer<Double>) {
    let (examples, ranks) = (logLikelihoods.count, drifts.count)
    logLikelihoods = Array(numbers[..<examples])
    drifts = Array(numbers[examples..<examples + ranks])
    (seconds, stops, saves) = (
      numbers[examples + ranks], numbers[examples + ranks + 1], numbers[examples + ranks + 2]
    )
  }
}
