import ArgumentParser
import Foundation
import Media
import Studio
import Synchronization

/// `glow studio`
struct StudioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "studio",
    abstract: "Shows runs in the browser, live or finished, and what their models do.",
    discussion: """
      EXAMPLES
        glow studio
        glow studio checkpoints/photos runs/ --port 8000

      The page is at 127.0.0.1, for this machine alone. It only reads what runs write; Ctrl-C ends it, \
      and no run. One thread computes what the page asks of a model, so that runs are not slowed down.
      """)

  @Argument(
    help: ArgumentHelp(
      "Runs, checkpoints or folders that hold some (default: checkpoints).", valueName: "folder"),
    completion: .directory)
  var folders: [String] = []
  @Option(
    help: ArgumentHelp(
      "The port, or 0 for any that is free (default: 4569, or the next that is free).",
      valueName: "n"))
  var port: Int?
  @Flag(inversion: .prefixedNo, help: "Open the browser.")
  var open = true
  @Option(help: ArgumentHelp("Threads that models compute with (default: 1).", valueName: "n"))
  var threads: Int?

  /// The port where none is given: GLOW on a telephone.
  private static let usual = 4569

  func validate() throws {
    try check(port.map { (0...65535).contains($0) } ?? true, "--port must be 0 to 65535")
    try check("threads", threads, ThreadOptions.counts)
  }

  func run() throws {
    let folders = folders.isEmpty ? ["checkpoints"] : folders
    let failure = Mutex<(any Error)?>(nil)
    let end = DispatchSemaphore(value: 0)
    Task {
      do {
        let usual = Array(Self.usual..<Self.usual + 20) + [0]
        let studio = try await Studio(
          folders, ports: port.map { [$0] } ?? usual, threads: threads ?? 1)
        print("\(counted(studio.count, "run")) at \(studio.address)")
        print("Ctrl-C ends it.")
        fflush(nil)
        if open { Self.browse(studio.address) }
        try await studio.run()
      } catch {
        failure.withLock { $0 = error }
      }
      end.signal()
    }
    end.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Asks the system to open a page; where there is no browser, the address was printed.
  private static func browse(_ address: String) {
    let opener = Process()
    #if os(macOS)
      opener.executableURL = URL(fileURLWithPath: "/usr/bin/open")
    #else
      let environment = ProcessInfo.processInfo.environment
      guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
      opener.executableURL = URL(fileURLWithPath: "/usr/bin/xdg-open")
    #endif
    opener.arguments = [address]
    (opener.standardOutput, opener.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try? opener.run()
  }
}
