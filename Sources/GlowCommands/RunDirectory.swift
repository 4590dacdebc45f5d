import Foundation

/// Where a run writes.
enum RunDirectory {
  /// A usage error where there is a run already.
  static func refuseOverwriting(_ directory: String) throws {
    for name in ["last", "best"] {
      try check(
        !FileManager.default.fileExists(atPath: "\(directory)/\(name).safetensors"),
        "\(directory) holds a run already; --resume it, or choose another --output")
    }
  }

  /// checkpoints/NAME after the folder, with a number behind it if there is one already.
  static func free(for path: String) throws -> String {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let base = "checkpoints/" + (name.isEmpty || name == "/" ? "run" : name)
    var (candidate, number) = (base, 2)
    while FileManager.default.fileExists(atPath: candidate) {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate
  }
}
