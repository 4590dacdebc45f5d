import Foundation

/// A file in memory that holds the fuzzer's input, for readers that take a path.
public enum Input {
  private static let descriptor = memfd_create("input", 0)

  /// Replaces the file's bytes and returns its path.
  public static func path(_ data: UnsafePointer<UInt8>?, _ count: Int) -> String {
    ftruncate(descriptor, 0)
    if count > 0 { pwrite(descriptor, data, count, 0) }
    return "/proc/self/fd/\(descriptor)"
  }
}
