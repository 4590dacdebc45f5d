import Foundation
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
}
