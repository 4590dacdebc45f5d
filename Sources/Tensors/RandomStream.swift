import CKernels

/// Counter-based random numbers, Philox 4×32-10 (Salmon et al. 2011): each value is a function of
/// seed, stream and index alone, whatever the number of threads and the order of the calls.
public struct RandomStream: Sendable {
  /// What all streams of a run share.
  public let seed: UInt64
  /// Which of the run's independent sequences this is.
  public let stream: UInt64

  /// What a stream is drawn for; two purposes never share numbers.
  public enum Purpose: UInt64, Sendable {
    /// Fresh weights.
    case parameters = 1
    /// The order of examples in an epoch.
    case order
    /// Dequantization, and a step's draws.
    case noise
    /// Which images are mirrored.
    case flips
    /// The noise of what is scored.
    case validationNoise
    /// What is drawn from a model, or of figures again to tell how sure they are.
    case samples
    /// The noise of the examples that actnorms are set from.
    case initialization
    /// What is held out.
    case split
    /// Where a segment of a sound begins.
    case segments
    /// Estimates of a trace.
    case trace
    /// Binary pixels.
    case pixels
  }

  /// The stream of a seed for a purpose and, within it, an index such as an iteration.
  public init(seed: UInt64, _ purpose: Purpose, _ index: Int = 0) {
    self.seed = seed
    self.stream = purpose.rawValue << 48 | UInt64(index) & 0xFFFF_FFFF_FFFF
  }

  /// Uniform values in [0, 1), multiples of 2⁻²⁴.
  public func uniform(_ shape: [Int], from first: Int = 0) -> Tensor {
    let out = Tensor(uninitialized: shape)
    ThreadPool.forEach(out.count, grain: 8192) {
      glow_uniform(
        out.pointer + $0.lowerBound, seed, stream, first + $0.lowerBound, first + $0.upperBound)
    }
    return out
  }

  /// Independent N(0, 1) values.
  public func normal(_ shape: [Int], from first: Int = 0) -> Tensor {
    let out = Tensor(uninitialized: shape)
    ThreadPool.forEach(out.count, grain: 2048) {
      glow_normal(
        out.pointer + $0.lowerBound, seed, stream, first + $0.lowerBound, first + $0.upperBound)
    }
    return out
  }

  /// Four random words, number `block` of the stream.
  public func words(_ block: Int) -> (UInt32, UInt32, UInt32, UInt32) {
    var w: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &w) {
      glow_philox_block(
        seed, stream, UInt64(block), $0.baseAddress?.assumingMemoryBound(to: UInt32.self))
    }
    return w
  }

  /// The stream's words one after the other, for what the standard library draws.
  public struct Generator: RandomNumberGenerator {
    private let stream: RandomStream
    private var block = 0

    fileprivate init(_ stream: RandomStream) { self.stream = stream }

    public mutating func next() -> UInt64 {
      defer { block += 1 }
      let words = stream.words(block)
      return UInt64(words.0) << 32 | UInt64(words.1)
    }
  }

  /// A generator at the stream's start.
  public var generator: Generator { Generator(self) }

  /// A random order of 0..<count (Fisher–Yates).
  public func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      let w = words(i)
      let bits = UInt64(w.0) << 32 | UInt64(w.1)
      order.swapAt(i, Int(bits.multipliedFullWidth(by: UInt64(i + 1)).high))
    }
    return order
  }
}
