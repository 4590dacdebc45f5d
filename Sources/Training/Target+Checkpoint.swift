import Media
import Models

extension Target {
  /// The target that a checkpoint's sampler was fitted to. Throws a `FileError` if its density is
  /// not known here.
  public static func of(_ checkpoint: Checkpoint) throws -> Target {
    let configuration = try checkpoint.configuration(of: FlowDensity.self)
    let name = configuration.target ?? ""
    guard let target = named(name), configuration.columns.count == 2 else {
      throw FileError(
        path: checkpoint.path,
        reason:
          "was fitted to the target \(FileError.oneLine(name)), whose density is not known here",
        kind: .malformed)
    }
    return target
  }
}
