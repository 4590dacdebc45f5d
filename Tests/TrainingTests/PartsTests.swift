import Testing

@testable import Training

/// How batches are cut into parts for ranks and threads.
struct PartsTests {
  private func options(_ batch: Int, _ parts: Int?, _ apart: Bool?) -> TrainingOptions {
    var options = TrainingOptions()
    (options.batch, options.accumulate, options.apart) = (batch, parts, apart)
    return options
  }

  /// A part a thread, unless some would have much less to do than others, or nothing.
  @Test(
    arguments: [
      (8, 1, 2, 1, 2, true), (8, 2, 2, 1, 4, true), (8, 1, 1, 1, nil, nil), (8, 1, 1, 4, 4, true),
      (8, 2, 1, 2, 4, true), (3, 1, 2, 1, nil, nil), (2, 1, 16, 1, nil, nil),
      (8, 1, 16, 2, 2, false),
      (64, 1, 12, 1, 12, true), (9, 3, 2, 1, 3, false),
    ] as [(Int, Int, Int, Int, Int?, Bool?)])
  func batchesAreCut(
    _ batch: Int, _ ranks: Int, _ threads: Int, _ rounds: Int, _ parts: Int?, _ apart: Bool?
  ) {
    var cut = options(batch, nil, nil)
    let rank = ThreadRanks.group(of: ranks)[0]
    cut.cut(for: rank, threads: threads, rounds: rounds, parameters: 0)
    #expect(cut.accumulate == parts && cut.apart == apart)
    // a rank of these can be told so again
    let own = cut.forOne(of: rank, threads: threads)
    #expect(own.accumulate ?? 1 == rounds)
  }

  /// Gradients that memory has no room for are not asked for, fewer of one process than of ranks.
  @Test func partsFitIntoMemory() {
    func isApart(_ ranks: Int, _ parameters: Int) -> Bool {
      var cut = options(8, nil, nil)
      let rank = ThreadRanks.group(of: ranks)[0]
      cut.cut(for: rank, threads: 2, parameters: parameters, available: 2400)
      return cut.apart == true
    }
    #expect(isApart(1, 100) && !isApart(1, 101))
    #expect(isApart(2, 42) && !isApart(2, 43))
  }

  /// A run's parts stay what they were, whoever goes on with it, if that is possible.
  @Test(
    arguments: [(2, 1, 2), (2, 2, 2), (4, 2, 4), (4, 3, 6), (nil, 2, 2), (nil, 1, nil)]
      as [(Int?, Int, Int?)])
  func partsStay(_ parts: Int?, _ ranks: Int, _ expected: Int?) {
    var resumed = options(8, parts, true)
    resumed.shareOut(to: ThreadRanks.group(of: ranks)[0])
    #expect(resumed.accumulate == expected && resumed.apart == true)
  }

  @Test func examplesAtOnce() {
    #expect(options(8, nil, nil).examplesAtOnce(threads: 4) == 8)
    #expect(options(8, 2, false).examplesAtOnce(threads: 4) == 4)
    #expect(options(8, 4, true).examplesAtOnce(threads: 2) == 4)
    #expect(options(8, 2, true).examplesAtOnce(threads: 4) == 8)
  }
}
