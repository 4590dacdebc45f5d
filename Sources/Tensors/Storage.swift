import Foundation

/// Aligned memory for the elements of a tensor, borrowed from a pool and given back at the end of
/// its life: fresh pages from the system cost more than the arithmetic that fills them.
final class Storage {
  let base: UnsafeMutableRawPointer
  /// Nil for memory that is no pool's.
  private let capacity: Int?

  init(bytes: Int) {
    (base, capacity) = Pool.shared.take(bytes)
  }

  /// As many bytes and no more, for what lives as long as a model.
  init(lasting bytes: Int) {
    (base, capacity) = (.allocate(byteCount: max(bytes, 1), alignment: 64), nil)
  }

  deinit {
    if let capacity { Pool.shared.give(base, capacity) } else { base.deallocate() }
  }
}

/// Free blocks by size. A training step asks for the same sizes again and again, so after the
/// first step nothing is allocated.
private final class Pool: @unchecked Sendable {
  static let shared = Pool()
  private let lock = NSLock()
  private var free: [Int: [UnsafeMutableRawPointer]] = [:]

  /// Sizes are rounded up to an eighth of their power of two, so that nearly equal ones share.
  private static func capacity(for bytes: Int) -> Int {
    let bytes = max(bytes, 64)
    let step = max(64, 1 << max(0, Int.bitWidth - bytes.leadingZeroBitCount - 4))
    return (bytes + step - 1) / step * step
  }

  func take(_ bytes: Int) -> (UnsafeMutableRawPointer, Int) {
    let capacity = Self.capacity(for: bytes)
    lock.lock()
    defer { lock.unlock() }
    if let block = free[capacity]?.popLast() { return (block, capacity) }
    return (.allocate(byteCount: capacity, alignment: 64), capacity)
  }

  func give(_ block: UnsafeMutableRawPointer, _ capacity: Int) {
    lock.lock()
    defer { lock.unlock() }
    free[capacity, default: []].append(block)
  }

  func drain() {
    lock.lock()
    defer { lock.unlock() }
    for blocks in free.values {
      for block in blocks { block.deallocate() }
    }
    free = [:]
  }
}

/// The memory behind all tensors.
public enum TensorMemory {
  /// What the system could give at this moment, bytes.
  public static var available: Int {
    // Foundation knows only what is built in; Linux says what is free.
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = lines.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let kilobytes = line.flatMap { Int($0.filter(\.isNumber)) }
    return kilobytes.map { $0 << 10 } ?? Int(ProcessInfo.processInfo.physicalMemory / 2)
  }

  /// Gives the blocks that no tensor uses back to the system, for example after a batch of another
  /// size than the ones to come.
  public static func releaseUnused() { Pool.shared.drain() }
}
