import Foundation
import Media
import Testing

@testable import Training

/// What `scripts/tensorboard` can't see: that a run is the same with and without event files.
extension TrainingRunTests {
  @Test func eventFilesChangeNothingElse() throws {
    _ = try run(trainer(), plan(20), in: "plain").run()
    var plan = plan(20)
    plan.tensorBoard = TensorBoard()
    _ = try run(trainer(), plan, in: "watched").run()
    for file in ["last", "best"] {
      #expect(
        try tensors("watched/\(file).safetensors") == tensors("plain/\(file).safetensors"))
    }
    #expect(try metrics("watched") == metrics("plain"))
    #expect(EventFile.names(in: folder + "/watched").count == 1)
    #expect(EventFile.names(in: folder + "/plain").isEmpty)
    let keeps = try ["watched", "plain"].map {
      try Checkpoint(reading: "\(folder)/\($0)").config.tensorBoard
    }
    #expect(keeps == [true, nil])
  }

  /// A sound that is none stands among what is drawn.
  @Test func whatCanNotBeWrittenIsToldAndOutlived() throws {
    var plan = plan(20)
    plan.tensorBoard = TensorBoard()
    let watched = try run(trainer(), plan)
    let sound = "\(folder)/run/samples/20-1.wav"
    #expect(FileManager.default.createFile(atPath: sound, contents: Data("RIFF".utf8)))
    var told: [String] = []
    #expect(try watched.run(report: { if case .warning(let text) = $0 { told.append(text) } }))
    #expect(told.count == 1 && told[0].hasPrefix(sound) && told[0].hasSuffix("; going on"))
    #expect(try metrics("run").count == 4)
  }

  /// Readers drop what was written behind the state that the run goes back to.
  @Test func aRollbackIsAStartAnew() throws {
    let trainer = try trainer()
    var plan = plan(40)
    (plan.onDivergence, plan.tensorBoard) = (.rollback, TensorBoard())
    var isPoisoned = false
    #expect(
      try run(trainer, plan).run(report: { event in
        guard case .step(let step, _, _) = event, step.iteration == 12, !isPoisoned else { return }
        isPoisoned = true
        let parameter = trainer.optimizer.slots[0].parameter
        parameter.set([.nan] + parameter.value.elements.dropFirst())
      }))
    #expect(trainer.state.rollbacks == 1)
    let bytes = try eventBytes("run")
    // a step and, as field 7, a session that starts
    for next: UInt8 in [1, 11] { #expect(bytes.contains([0x10, next, 0x3A, 2, 8, 1])) }
  }

  /// A value that is no number is left out, and a file without events is not made.
  @Test func onlyNumbersAreWritten() throws {
    try Folder.make(folder + "/run")
    let log = try TensorBoardLog(TensorBoard(), in: folder + "/run", resumingAfter: 0)
    try log.add([("none", .nan)], in: "training", at: 1)
    #expect(EventFile.names(in: folder + "/run").isEmpty)
    try log.add(
      [("none", .nan), ("nats", 1.5), ("far", -.infinity), ("huge", 1e39)], in: "training", at: 2)
    let bytes = try eventBytes("run")
    #expect(bytes.contains("training/nats".utf8))
    for key in ["none", "far", "huge"] { #expect(!bytes.contains("training/\(key)".utf8)) }
  }

  /// The options come once it can be written, and nothing piles up before.
  @Test func aFailureAtTheBeginningIsMadeGood() throws {
    var contents = TensorBoard()
    contents.hyperparameters = [("levels", "3")]
    let log = try TensorBoardLog(contents, in: folder + "/run", resumingAfter: 0)
    for step in 1...3 {
      #expect(throws: FileError.self) { try log.add([("nats", 1)], in: "training", at: step) }
    }
    try Folder.make(folder + "/run")
    for step in 4...5 { try log.add([("nats", 1)], in: "training", at: step) }
    #expect(EventFile.names(in: folder + "/run").count == 1)
    let bytes = try eventBytes("run")
    #expect(bytes.contains("_hparams_/session_start_info".utf8) && bytes.contains("levels".utf8))
  }

  /// A fork has its origin's events, and options of its own.
  @Test func aForkHasItsOwnOptions() throws {
    func log(_ option: String, in directory: String, from origin: String?) throws {
      var contents = TensorBoard()
      contents.hyperparameters = [(option, "3")]
      try Folder.make("\(folder)/\(directory)")
      let log = try TensorBoardLog(
        contents, in: "\(folder)/\(directory)", forkedFrom: origin, resumingAfter: 0)
      try log.add([(directory, 1)], in: "training", at: 1)
    }
    try log("olden", in: "one", from: nil)
    try log("newer", in: "two", from: folder + "/one")
    let bytes = try eventBytes("two")
    #expect(bytes.contains("training/one".utf8) && bytes.contains("training/two".utf8))
    #expect(bytes.contains("newer".utf8) && !bytes.contains("olden".utf8))
  }

  private func eventBytes(_ directory: String) throws -> [UInt8] {
    try EventFile.names(in: "\(folder)/\(directory)").flatMap {
      try WholeFile.read("\(folder)/\(directory)/\($0)")
    }
  }
}
