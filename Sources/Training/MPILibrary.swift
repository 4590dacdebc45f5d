import CMPI
import Foundation

/// The MPI library of this machine, if there is one that can be used: it is loaded when asked for,
/// so that the program is built, installed and run without any.
public enum MPILibrary {
  /// Names that are tried, in this order; `GLOW_MPI_LIBRARY` is tried alone.
  private static func names(for launcher: Launcher?) -> [String] {
    if let given = ProcessInfo.processInfo.environment["GLOW_MPI_LIBRARY"] { return [given] }
    #if os(macOS)
      let openMPI = ["libmpi.40.dylib", "libmpi.dylib"]
      let mpich = ["libmpi.12.dylib", "libmpich.12.dylib"]
      let folders = ["", "/opt/homebrew/lib/", "/usr/local/lib/"]
      return (launcher?.isMPICH == true ? mpich + openMPI : openMPI + mpich).flatMap { name in
        folders.map { $0 + name }
      }
    #else
      let openMPI = ["libmpi.so.40"]
      let mpich = ["libmpich.so.12", "libmpi.so.12"]
      return launcher?.isMPICH == true ? mpich + openMPI : openMPI + mpich
    #endif
  }

  /// Opens the first that can be used, and says what it calls itself. Throws an `MPIError` that
  /// says of each why it can't.
  static func open(for launcher: Launcher?) throws -> String {
    var reasons: [String] = []
    for name in names(for: launcher) {
      guard let reason = cmpi_open(name) else { return String(cString: cmpi_version()) }
      let (version, why) = (String(cString: cmpi_version()), String(cString: reason))
      let what = version.isEmpty ? "" : "\(version), "
      reasons.append(why.hasPrefix(name) ? why : "\(name): \(what)\(why)")
    }
    throw MPIError(reason: "no MPI library can be used: " + reasons.joined(separator: "; "))
  }

  /// What is found, for people; nil for nothing.
  public static var found: String? { try? open(for: nil) }
}
