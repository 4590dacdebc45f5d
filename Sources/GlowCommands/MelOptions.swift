import ArgumentParser
import Media
import Models
import Training

/// What a model of sound may be told beside.
enum ConditionKind: String, CaseIterable, ExpressibleByArgument {
  case mel
}

/// A mel spectrum, as far as it is not left open.
struct MelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Bands of the mel spectrum (default: 80).", valueName: "n"))
  var melBands: Int?
  @Option(
    help: ArgumentHelp(
      "Frames of sound in a window of it (default: about 46 ms, a power of two).", valueName: "n"))
  var fft: Int?
  @Option(
    help: ArgumentHelp(
      "Frames of sound from one window to the next (default: a quarter of one).", valueName: "n"))
  var hop: Int?
  @Option(help: ArgumentHelp("Where the lowest band begins (default: 0).", valueName: "hz"))
  var fmin: Double?
  @Option(
    help: ArgumentHelp(
      "Where the highest band ends (default: 8000, or half the rate).", valueName: "hz"))
  var fmax: Double?

  /// What they may be.
  static let windows = Bounds<Int>("must be even, 4 to 65536") {
    $0 % 2 == 0 && GlowConfiguration.Condition.windows.contains($0)
  }
  static let frequencies = Bounds<Double>("must be 0 to 384000") { (0...384_000).contains($0) }

  var isEmpty: Bool {
    melBands == nil && fft == nil && hop == nil && fmin == nil && fmax == nil
  }

  /// The spectrum that suits a rate. A usage error if there is none such.
  func condition(rate: Int) throws -> GlowConfiguration.Condition {
    typealias C = GlowConfiguration.Condition
    try check("mel-bands", melBands, Bounds(C.channelCounts))
    try check("fft", fft, Self.windows)
    try check("hop", hop, Bounds(C.spacings))
    try check("fmin", fmin, Self.frequencies)
    try check("fmax", fmax, Self.frequencies)
    let condition = C.mel(
      rate: rate, bands: melBands, fft: fft, hop: hop, lowest: fmin, highest: fmax)
    if let error = condition.validationError(rate: rate) { throw ValidationError(error) }
    let empty = condition.spectrum(rate: rate)?.emptyBands ?? 0
    try check(
      empty == 0,
      "of \(condition.channels) bands, \(empty) are too narrow for windows of "
        + "\(condition.mel?.fft ?? 0) frames at \(rate) Hz; --mel-bands takes fewer, --fft more")
    return condition
  }
}

extension GlowConfiguration.Condition {
  /// What it is, in words.
  var words: String {
    guard let mel else { return "\(channels) numbers every \(grouped(spacing)) frames" }
    return "\(counted(channels, "mel band")), \(Self.hertz(mel.lowest)) to "
      + "\(Self.hertz(mel.highest)) Hz, of windows of \(grouped(mel.fft)) frames every "
      + grouped(spacing)
  }

  private static func hertz(_ value: Double) -> String {
    value == value.rounded() ? grouped(Int(value)) : "\(value)"
  }
}
