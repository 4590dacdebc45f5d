import Foundation
import Media
import Synchronization
import Testing

@testable import GlowCommands

/// What is tried before the work.
@Suite struct OutputTests {
  /// Who tries the same at the same time removes its folders amid ours.
  @Test func twoTriesDoNotMeet() throws {
    let folder = NSTemporaryDirectory() + "outputs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let errors = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { i in
      for _ in 0..<200 {
        do {
          try Output.tryFolder("\(folder)/a/\(i)")
        } catch { errors.withLock { $0.append("\(error)") } }
      }
    }
    #expect(errors.withLock { $0 } == [])
  }

  /// Whoever begins at the same moment has a directory of its own, by the next number.
  @Test func runsBegunTogetherHaveTheirOwn() throws {
    let folder = NSTemporaryDirectory() + "outputs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let names = Mutex<Set<String>>([])
    DispatchQueue.concurrentPerform(iterations: 6) { _ in
      let name = try? RunDirectory.claim("\(folder)/a", base: "\(folder)/a")
      _ = names.withLock { $0.insert(name ?? "none") }
    }
    #expect(
      names.withLock { $0 } == Set(["", "-2", "-3", "-4", "-5", "-6"].map { "\(folder)/a\($0)" }))
    #expect(throws: FileError.self) { try RunDirectory.claim("/proc/no/a", base: "/proc/no/a") }
  }
}
