import Foundation
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
    #expect(TensorBoard.isThere(in: folder + "/watched"))
    #expect(!TensorBoard.isThere(in: folder + "/plain"))
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
}
