import Foundation
import Media
import Models
import Synchronization
import Tensors
import Testing

@testable import Training

/// Several ranks against one process that takes as many parts.
@Suite(.serialized) final class RankTests {
  let folder = NSTemporaryDirectory() + "ranks-\(UUID().uuidString)"
  let images: ImageSet

  /// Twenty 8×8 colour images in two classes.
  init() throws {
    images = try .ramps(20, in: folder + "/images")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private struct Broken: Error {}

  /// Loses what came from the rank before, in one bucket of each step.
  private final class Forgetful: Communicator {
    let ranks: ThreadRanks
    var rank: Int { ranks.rank }
    var size: Int { ranks.size }
    var host: String { ranks.host }

    init(_ ranks: ThreadRanks) { self.ranks = ranks }

    func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, on channel: Channel) throws {
      try ranks.send(bytes, to: rank, on: channel)
    }

    func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int, on channel: Channel)
      throws
    {
      try ranks.receive(bytes, from: rank, on: channel)
      if channel == .up, bytes.count < 4096 { bytes.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    func abort(_ reason: String, status: Int32) { ranks.abort(reason, status: status) }
  }

  /// What is tried: Muon, a rebuilt backward pass, batches that no number of ranks divides.
  struct Case: Sendable, CustomTestStringConvertible {
    var ranks: Int
    var partsEach = 1
    var batch = 7
    /// Whether each part is one thread's.
    var apart = false
    var threads = 1
    var optimizer = TrainingOptions.OptimizerKind.adam
    var memory = ActivationMemory.store

    var testDescription: String {
      "\(ranks) ranks of \(partsEach), apart \(apart) on \(threads) threads, batch \(batch), "
        + "\(optimizer), \(memory)"
    }

    var options: TrainingOptions {
      var options = TrainingOptions()
      (options.batch, options.warmup, options.flip, options.seed) = (batch, 2, true, 3)
      (options.optimizer, options.memory) = (optimizer, memory)
      (options.accumulate, options.apart) = (ranks * partsEach, apart)
      options.clipNorm = 1
      return options
    }
  }

  static let model = {
    var c = GlowConfiguration(
      height: 8, width: 8, channels: 3, levels: 2, steps: 2, hidden: 16, classes: ["a", "b"])
    c.dequantizer = c.suitedDequantizer
    c.border = true
    return c
  }()

  /// Threads that each take a share of the examples through a model that nobody has used yet.
  @Test(arguments: [Precision.float32, .bfloat16])
  func scoresAreThoseOfOneThread(_ precision: Precision) throws {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    func scores(threads: Int) throws -> [Double] {
      ThreadPool.threads = threads
      let glow = Glow(Self.model, seed: 1)
      glow.precision = precision
      return try Evaluation(of: glow, on: images, draws: 2).scores.map(\.bitsPerDimension)
    }
    let (one, three) = (try scores(threads: 1), try scores(threads: 3))
    #expect(one.count == 20)
    for (a, b) in zip(one, three) { #expect(abs(a - b) < (precision == .float32 ? 1e-5 : 1e-3)) }
  }

  /// Every number that a run over these ranks comes to, and the figures of its steps.
  private func run(_ one: Case, _ ranks: any Communicator, steps: Int = 4) throws -> [UInt32] {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    ThreadPool.threads = 1
    let trainer = try Trainer(
      Glow(Self.model, seed: 1), images, validation: images, one.options, over: ranks)
    var bits: [UInt32] = []
    ThreadPool.threads = one.threads
    for _ in 0..<steps {
      let step = try trainer.step()
      #expect(step.skipped == nil)
      for value in [step.loss, step.gradientNorm] {
        bits += [UInt32(truncatingIfNeeded: value.bitPattern), UInt32(value.bitPattern >> 32)]
      }
      bits.append(step.reconstructionError.bitPattern)
    }
    ThreadPool.threads = 1
    for slot in trainer.optimizer.slots {
      for parameter in [slot.parameter, slot.ema, slot.first, slot.second] {
        bits += parameter?.value.elements.map(\.bitPattern) ?? []
      }
    }
    let scored = try #require(try trainer.task.validate())
    let few = try Evaluation(of: trainer.glow, on: images, most: 3, over: ranks)
    for value in [scored.mean, scored.standardError ?? 0, few.mean] {
      bits += [UInt32(truncatingIfNeeded: value.bitPattern), UInt32(value.bitPattern >> 32)]
    }
    try ranks.compare(trainer)
    return bits
  }

  /// What each of so many ranks came to, each on a thread of its own.
  private func together<T: Sendable>(
    _ ranks: [ThreadRanks], _ body: @escaping @Sendable (ThreadRanks) throws -> T
  ) -> [Result<T, any Error>] {
    let results = Mutex([Int: Result<T, any Error>]())
    let done = DispatchGroup()
    for rank in ranks {
      done.enter()
      let thread = Thread {
        let result = Result {
          do {
            return try body(rank)
          } catch {
            // what all throw alike ends nobody else
            if error is Broken { rank.abort("\(error)", status: 1) }
            throw error
          }
        }
        results.withLock { $0[rank.rank] = result }
        done.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    done.wait()
    return results.withLock { all in ranks.compactMap { all[$0.rank] } }
  }

  private func bits(_ one: Case) throws -> [[UInt32]] {
    nonisolated(unsafe) let tests = self  // each thread reads the images, and no more
    return try together(ThreadRanks.group(of: one.ranks)) { try tests.run(one, $0) }
      .map { try $0.get() }
  }

  @Test(arguments: [
    Case(ranks: 2), Case(ranks: 3, batch: 8), Case(ranks: 2, batch: 8, optimizer: .muon),
    Case(ranks: 3, optimizer: .adamax, memory: .recompute), Case(ranks: 2, partsEach: 3),
    Case(ranks: 3, partsEach: 2, batch: 5, optimizer: .muon, memory: .recompute),
  ])
  func ranksComeToTheBitsOfOneProcess(_ one: Case) throws {
    let alone = try run(one, Alone())
    for other in try bits(one) { #expect(other == alone) }
  }

  /// Parts that go through twins at the same time, on threads of their own, all in one round or in
  /// several, the last one shorter, on more threads than there are or fewer: the bits of one after
  /// the other. So do ranks whose parts do.
  @Test(arguments: [
    Case(ranks: 1, partsEach: 2, apart: true, threads: 2),
    Case(ranks: 1, partsEach: 3, batch: 8, apart: true, threads: 2, optimizer: .muon),
    Case(ranks: 1, partsEach: 4, batch: 9, apart: true, threads: 3, memory: .recompute),
    Case(ranks: 1, partsEach: 5, batch: 8, apart: true, threads: 1, optimizer: .adamax),
    Case(ranks: 2, partsEach: 2, batch: 8, apart: true, threads: 2),
    Case(ranks: 2, partsEach: 3, batch: 8, apart: true, threads: 2, memory: .recompute),
  ])
  func partsAtOnceComeToTheBitsOfOneAfterTheOther(_ one: Case) throws {
    var serial = one
    (serial.apart, serial.threads) = (false, 1)
    let expected = try run(serial, Alone())
    #expect(try run(one, Alone()) == expected)
    if one.ranks > 1 { for other in try bits(one) { #expect(other == expected) } }
  }

  /// The comparison has power: another number of parts, whose sums are made in another order, comes
  /// to other bits.
  @Test func anotherOrderOfSumsIsOtherBits() throws {
    let (two, three) = (Case(ranks: 2, batch: 6), Case(ranks: 3, batch: 6))
    #expect(try run(two, Alone()) != run(three, Alone()))
  }

  /// So does a sum that lacks what came from before, be it the same on all ranks.
  @Test func aMissingAdditionIsSeen() throws {
    nonisolated(unsafe) let tests = self
    let one = Case(ranks: 2)
    let results = together(ThreadRanks.group(of: 2)) { rank in
      try tests.run(one, rank.rank == 1 ? Forgetful(rank) : rank)
    }
    let alone = try run(one, Alone())
    for result in results { #expect(try result.get() != alone) }
  }

  /// What is drawn and encoded by several ranks, some of which have nothing to do, is what one
  /// process comes to, and on rank 0 alone.
  @Test(arguments: [2, 3])
  func samplesAndLatentsDoNotDependOnRanks(_ count: Int) throws {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    ThreadPool.threads = 1
    let glow = Glow(Self.model, seed: 1)
    // more than two batches of them
    let pictures = try (0..<150).map { try images.image($0 % images.count) }
    let names = pictures.indices.map { "\($0)" }
    func values(_ latents: Latents?) -> [[Float]] { latents?.levels.map(\.elements) ?? [] }
    let drawn = try Sampler(glow, seed: 5).images(130)
    let encoded = values(Latents(of: pictures, names: names, in: glow))
    let results = together(ThreadRanks.group(of: count)) { rank in
      ThreadPool.threads = 1
      let glow = Glow(Self.model, seed: 1)
      let sampler = Sampler(glow, seed: 5, over: rank)
      let drawn = try sampler.images(130)
      let own = Latents.share(of: pictures.count, in: glow, of: rank)
      let latents = try Latents.gathered(
        own.isEmpty
          ? nil : Latents(of: Array(pictures[own]), names: Array(names[own]), in: glow), over: rank)
      return (drawn, latents?.names ?? [], latents?.levels.map(\.elements) ?? [])
    }
    for (rank, result) in results.enumerated() {
      let (own, named, levels) = try result.get()
      #expect(own.images == (rank == 0 ? drawn.images : []))
      #expect(own.clamped == (rank == 0 ? drawn.clamped : 0))
      #expect(named == (rank == 0 ? names : []) && levels == (rank == 0 ? encoded : []))
    }
  }

  @Test func aRankThatThrowsEndsAll() throws {
    nonisolated(unsafe) let tests = self
    let results = together(ThreadRanks.group(of: 3)) { rank in
      if rank.rank == 1 { throw Broken() }
      return try tests.run(Case(ranks: 3), rank)
    }
    for rank in [0, 2] {
      #expect(throws: RankFailure(rank: 1, host: "thread", cause: "Broken()")) {
        try results[rank].get()
      }
    }
  }

  @Test func differencesAreNamed() throws {
    let results = together(ThreadRanks.group(of: 3)) {
      try $0.compare([("threads", $0.rank == 2 ? "4" : "2"), ("version", "1")])
    }
    for result in results {
      let error = #expect(throws: Disagreement.self) { try result.get() }
      #expect(
        error?.differences == ["threads is 4 at rank 2 on thread and 2 at rank 0 on thread"])
    }
  }

  @Test func launchersAreKnown() {
    let openMPI = Launcher(["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"])
    #expect(openMPI?.rank == 3 && openMPI?.size == 4)
    let mpich = Launcher(["PMI_RANK": "1", "PMI_SIZE": "2"])
    #expect(mpich?.rank == 1 && mpich?.size == 2)
    let unknown = Launcher(["PMIX_RANK": "1"])
    #expect(unknown?.rank == 1 && unknown?.size == nil)
    #expect(Launcher(["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"]) == nil)
    let bare = Launcher(["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2", "SLURM_NTASKS": "4"])
    #expect(bare?.rank == 2 && bare?.size == 4 && bare?.isBare == true)
    #expect(
      Launcher(["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0", "SLURM_PTY_PORT": "1"]) == nil)
    #expect(Launcher(["SLURM_NTASKS": "4", "SLURM_PROCID": "0"]) == nil)
    #expect(Launcher([:]) == nil)
  }

  @Test func otherWeightsAreNamed() throws {
    nonisolated(unsafe) let tests = self
    let results = together(ThreadRanks.group(of: 3)) { rank in
      ThreadPool.threads = 1
      let trainer = try Trainer(
        Glow(Self.model, seed: rank.rank == 1 ? 2 : 1), tests.images, Case(ranks: 3).options,
        over: rank)
      try rank.compare(trainer)
    }
    for result in results {
      let error = #expect(throws: RankFailure.self) { try result.get() }
      #expect(error?.rank == 1)
    }
  }
}
