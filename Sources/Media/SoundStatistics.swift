/// What the samples of one sound have to say about it, gathered piece by piece.
public struct SoundStatistics: Sendable {
  /// Frames per second, in Hz.
  public let rate: Int
  /// Samples per frame.
  public let channels: Int
  /// Frames seen.
  public private(set) var frames = 0
  /// The largest magnitude of a sample, 0 to 32768.
  public private(set) var peak = 0
  /// Samples in runs of three or more at one end of the range; −32767 is an end as −32768 is.
  public private(set) var clipped = 0
  /// Samples that had to be clamped when they were brought to 16 bits.
  public private(set) var clamped = 0
  /// The sum of all samples; over their number it is the DC offset.
  public private(set) var sum = 0
  /// Frames in stretches of 0.1 s or more in which no channel changes by more than one sample step.
  public var silentFrames: Int { finished.frames }
  /// How many such stretches there are.
  public var silentStretches: Int { finished.stretches }

  private var bits: Int16 = 0
  private var clippedRuns: [(end: Int16, length: Int)]
  private var lows: [Int16]
  private var highs: [Int16]
  private var runLows: [Int16]
  private var runHighs: [Int16]
  private var runLength = 0
  private var silence = (frames: 0, stretches: 0)

  init(_ format: SoundFormat) {
    (rate, channels) = (format.rate, format.channels)
    clippedRuns = Array(repeating: (0, 0), count: channels)
    (lows, runLows) = (
      Array(repeating: .max, count: channels), Array(repeating: 0, count: channels)
    )
    (highs, runHighs) = (Array(repeating: .min, count: channels), runLows)
  }

  /// Whether no channel ever changes by more than one sample step.
  public var isSilent: Bool { zip(lows, highs).allSatisfy { Int($1) - Int($0) <= 1 } }

  /// The largest power of two that divides every sample: 256 if they were 8-bit ones; 1 if silent.
  public var step: Int { isSilent ? 1 : 1 << bits.trailingZeroBitCount }

  /// Takes in the next frames, and how many of their samples had been clamped.
  mutating func add(_ samples: UnsafeBufferPointer<Int16>, clamped: Int) {
    self.clamped += clamped
    frames += samples.count / channels
    for start in stride(from: 0, to: samples.count, by: channels) {
      var isStill = runLength > 0
      for c in 0..<channels {
        let sample = samples[start + c]
        bits |= sample
        sum += Int(sample)
        peak = max(peak, Int(sample.magnitude))
        (lows[c], highs[c]) = (min(lows[c], sample), max(highs[c], sample))
        countClipped(sample, c)
        (runLows[c], runHighs[c]) = (min(runLows[c], sample), max(runHighs[c], sample))
        if Int(runHighs[c]) - Int(runLows[c]) > 1 { isStill = false }
      }
      if isStill {
        runLength += 1
      } else {
        silence = finished
        runLength = 1
        for c in 0..<channels {
          (runLows[c], runHighs[c]) = (samples[start + c], samples[start + c])
        }
      }
    }
  }

  /// The silence so far, should the stretch under way end here.
  private var finished: (frames: Int, stretches: Int) {
    let isLong = runLength > 0 && runLength * 10 >= rate
    return isLong ? (silence.frames + runLength, silence.stretches + 1) : silence
  }

  private mutating func countClipped(_ sample: Int16, _ channel: Int) {
    let end = sample == .max ? Int16.max : sample <= -.max ? .min : 0
    guard end != 0 else {
      clippedRuns[channel].length = 0
      return
    }
    if clippedRuns[channel].end != end { clippedRuns[channel] = (end, 0) }
    clippedRuns[channel].length += 1
    // The third of a run makes the first two count as well.
    let length = clippedRuns[channel].length
    if length >= 3 { clipped += length == 3 ? 3 : 1 }
  }
}
