import Foundation
import Testing

@testable import Media
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

  #if os(Linux)
    /// The next file's name is known where one from the future is there already.
    @Test func aFullDiskIsToldAndOutlived() throws {
      var plan = plan(20)
      plan.tensorBoard = TensorBoard()
      let watched = try run(trainer(), plan)
      let names = ["events.out.tfevents.7999999999.elsewhere.1", "events.out.tfevents.8000000000"]
      let full = "\(folder)/run/\(names[1]).\(EventFile.host).\(getpid())"
      #expect(FileManager.default.createFile(atPath: "\(folder)/run/\(names[0])", contents: nil))
      try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: "/dev/full")
      var told: [String] = []
      #expect(
        try watched.run(report: { if case .warning(let text) = $0 { told.append(text) } }))
      #expect(told.contains { $0.contains("No space left on device; going on") }, "\(told)")
      #expect(try metrics("run").count == 4)
    }
  #endif
}
