import Dispatch
import Foundation
import Synchronization

/// What the sounds of a folder are like, as they are stored: at their own rates and with all their
/// channels, brought to 16 bits.
public struct SoundSurvey: Sendable {
  /// The facts of each of the folder's files; nil if it is bad.
  public let files: [SoundStatistics?]
  /// Which of them are not fit to learn from.
  public let faults: SoundFaults

  private let paths: [String]

  /// Reads every file once, by pieces, on all cores.
  public init(_ folder: SoundFolder) {
    (files, faults) = Self.read(folder) { _ in false }
    paths = folder.files.map(\.path)
  }

  /// Reads every file, on all cores, until its facts so far are enough.
  static func read(_ folder: SoundFolder, until isEnough: @Sendable (SoundStatistics) -> Bool)
    -> (files: [SoundStatistics?], faults: SoundFaults)
  {
    let results = Mutex(
      [Result<SoundStatistics, FileError>?](repeating: nil, count: folder.files.count))
    DispatchQueue.concurrentPerform(iterations: folder.files.count) { i in
      let result = survey(folder.files[i].path, until: isEnough)
      results.withLock { $0[i] = result }
    }
    var failures: [Int: FileError] = [:]
    let files = results.withLock { $0 }.enumerated().map { i, result -> SoundStatistics? in
      switch result {
      case .success(let statistics): return statistics
      case .failure(let error): failures[i] = error
      case nil: break
      }
      return nil
    }
    return (files, SoundFaults(files, failures))
  }

  /// What is wrong with files whose headers could be read, by their indices.
  public var failures: [Int: FileError] { faults.failures }
  /// The files, as indices, that are nothing but silence.
  public var silent: [Int] { faults.silent }
  /// The files, as indices, whose samples are all multiples of 2 or more.
  public var suspicious: [Int] { faults.suspicious }

  /// What is wrong with files whose headers could be read, in their order.
  public var bad: [FileError] { failures.sorted { $0.key < $1.key }.map(\.value) }

  /// How long all the sounds are, in seconds.
  public var seconds: Double { good.reduce(0) { $0 + Double($1.frames) / Double($1.rate) } }
  /// The largest magnitude of a sample, 0 to 1.
  public var peak: Double { Double(good.map(\.peak).max() ?? 0) / 32768 }
  /// Samples that were clipped when they were recorded; see `SoundStatistics.clipped`.
  public var clipped: Int { good.reduce(0) { $0 + $1.clipped } }
  /// Samples that had to be clamped when they were brought to 16 bits.
  public var clamped: Int { good.reduce(0) { $0 + $1.clamped } }
  /// The mean of all samples, −1 to 1.
  public var dc: Double {
    let samples = good.reduce(0) { $0 + $1.frames * $1.channels }
    return Double(good.reduce(0) { $0 + $1.sum }) / Double(max(1, samples)) / 32768
  }
  /// How long all the silent stretches are, in seconds.
  public var silentSeconds: Double {
    good.reduce(0) { $0 + Double($1.silentFrames) / Double($1.rate) }
  }
  /// How many silent stretches there are.
  public var silentStretches: Int { good.reduce(0) { $0 + $1.silentStretches } }

  private var good: [SoundStatistics] { files.compactMap { $0 } }

  private static func survey(_ path: String, until isEnough: (SoundStatistics) -> Bool)
    -> Result<SoundStatistics, FileError>
  {
    do {
      let reader = try WAV.Reader(path)
      let header = reader.header
      var statistics = SoundStatistics(header.format)
      let piece = 1 << 15
      var samples = [Int16](repeating: 0, count: min(piece, header.frames) * header.channels)
      for start in stride(from: 0, to: header.frames, by: piece) {
        let range = start..<min(start + piece, header.frames)
        try samples.withUnsafeMutableBufferPointer { buffer in
          let place = UnsafeMutableBufferPointer(
            rebasing: buffer[..<(range.count * header.channels)])
          let clamped = try reader.read(range, into: place)
          statistics.add(UnsafeBufferPointer(place), clamped: clamped)
        }
        if isEnough(statistics) { break }
      }
      return .success(statistics)
    } catch {
      let other = FileError(path: path, reason: "\(error)", kind: .malformed)
      return .failure(error as? FileError ?? other)
    }
  }
}

extension SoundSurvey {
  /// The least that sounds like something.
  private static let fewestFrames = 64

  /// A few lines for a user.
  public var lines: [Note] {
    var lines = [Note(summary)]
    if !silent.isEmpty {
      lines.append("silent: \(counted(silent.count, "file")) of nothing but silence")
    }
    if let longest = good.map(\.frames).max(), longest < Self.fewestFrames {
      lines.append(
        "short: \(counted(longest, "frame")) at most, in which there is hardly a sound to learn")
    }
    if !suspicious.isEmpty {
      let steps = suspicious.compactMap { files[$0]?.step }
      let (low, high) = (steps.min() ?? 1, steps.max() ?? 1)
      let step = low == high ? "\(low)" : "\(low) to \(high)"
      let bits = "\(16 - low.trailingZeroBitCount)-bit sound\(low == high ? "" : " or less")"
      let verb = suspicious.count == 1 ? "holds" : "hold"
      let text =
        "suspicious: \(counted(suspicious.count, "file")) \(verb) multiples of \(step) only"
        + " (\(bits) in 16 bits, which flatters any model), the first: \(paths[suspicious[0]])"
      lines.append(Note(text, remedy: .leaveOutSuspicious))
    }
    return lines
  }

  private var summary: String {
    let formats = good.map { SoundFormat(rate: $0.rate, channels: $0.channels) }
    let rates = Set(formats.map(\.rate)).sorted().map(String.init).joined(separator: ", ")
    let channels = Set(formats.map(\.channels)).sorted().map {
      $0 == 1 ? "mono" : $0 == 2 ? "stereo" : "\($0) channels"
    }
    var parts = [
      "\(counted(good.count, "sound")), \(duration) at \(rates) Hz,"
        + " \(channels.joined(separator: " and "))",
      peak > 0 ? "peak \(signed(20 * log10(peak), digits: 1)) dB" : "peak 0",
      faults(clipped, "clipped", in: good.count { $0.clipped > 0 }),
    ]
    if clamped > 0 { parts.append(faults(clamped, "clamped", in: good.count { $0.clamped > 0 })) }
    parts.append("DC \(signed(100 * dc, digits: 2)) %")
    let share = signed(100 * silentSeconds / max(seconds, .leastNonzeroMagnitude), digits: 1)
    let stretches = counted(silentStretches, "stretch", plural: "stretches")
    parts.append("silence \(share) % in \(stretches)")
    return parts.joined(separator: "; ")
  }

  private var duration: String {
    switch seconds {
    case 3600...: "\(signed(seconds / 3600, digits: 2)) hours"
    case 60...: "\(signed(seconds / 60, digits: 1)) minutes"
    default: "\(signed(seconds, digits: 1)) seconds"
    }
  }

  private func faults(_ samples: Int, _ how: String, in files: Int) -> String {
    if samples == 0 { return "no \(how) samples" }
    return "\(counted(samples, "\(how) sample")) in \(counted(files, "file"))"
  }

  /// With a true minus, and none before what is rounded to zero.
  private func signed(_ value: Double, digits: Int) -> String {
    let text = String(format: "%.\(digits)f", abs(value))
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return value < 0 && !isZero ? "−\(text)" : text
  }
}
