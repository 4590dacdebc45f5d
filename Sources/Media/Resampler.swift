import CSampleRate

/// Brings stretches of a sound to another rate, such that they fit together.
///
/// With `up` / `down` the ratio of the rates in lowest terms, output frame k · `up` lies exactly on
/// input frame k · `down`. So a conversion that starts at such a frame, far enough before a
/// stretch that the filter does not reach further back, gives what one of the whole sound would.
struct Resampler {
  private let up: Int
  private let down: Int

  /// Nil if the ratio is beyond what libsamplerate does, 1/256 to 256.
  init?(from source: Int, to target: Int) {
    guard target <= 256 * source && source <= 256 * target else { return nil }
    var (a, b) = (source, target)
    while b != 0 { (a, b) = (b, a % b) }
    up = target / a
    down = source / a
  }

  /// How many frames a sound of so many has at the new rate.
  func count(of inputFrames: Int) -> Int { inputFrames * up / down }

  /// The input that a stretch of output takes, at least from 0 on but perhaps beyond the sound's
  /// end, where it is zero; and how many frames of the output to drop.
  func input(for output: Range<Int>) -> (frames: Range<Int>, surplus: Int) {
    // SRC_SINC_MEDIUM_QUALITY reaches 45.7 periods of the lower rate to either side.
    let margin = 48 * max(1, (down + up - 1) / up)
    let block = max(0, output.lowerBound * down / up - margin) / down
    let end = output.upperBound * down / up + 1 + margin
    return (block * down..<end, output.lowerBound - block * up)
  }

  /// Converts just the frames that `input(for:)` gave, samples in ±1, to `count` frames.
  ///
  /// Throws libsamplerate's reason.
  func convert(
    _ input: [Float], channels: Int, surplus: Int, count: Int
  ) throws(Reason) -> ArraySlice<Float> {
    var output = [Float](repeating: 0, count: (surplus + count) * channels)
    let (status, made) = input.withUnsafeBufferPointer { from in
      output.withUnsafeMutableBufferPointer { to in
        var data = SRC_DATA()
        data.data_in = from.baseAddress
        data.input_frames = from.count / channels
        data.data_out = to.baseAddress
        data.output_frames = surplus + count
        data.src_ratio = Double(up) / Double(down)
        let status = src_simple(&data, Int32(SRC_SINC_MEDIUM_QUALITY), Int32(channels))
        return (status, data.output_frames_gen)
      }
    }
    guard status == 0 else { throw Reason(text: String(cString: src_strerror(status))) }
    guard made == surplus + count else { throw Reason(text: "the converter stopped early") }
    return output[(surplus * channels)...]
  }
}
