import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// Width and height, written 32x32; 32 is 32x32.
struct ImageSize: ExpressibleByArgument, Equatable {
  let width, height: Int

  /// What --size may be.
  static let sizes = Bounds<ImageSize>("must be WxH or one side, 2 to 16384 each, as 32x32") {
    (2...16384).contains($0.width) && (2...16384).contains($0.height)
  }

  /// What is no size becomes 0x0, which can't be.
  init(argument: String) {
    var sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    if sides.count == 1 { sides.append(sides[0]) }
    guard sides.count == 2, let width = Int(sides[0]), let height = Int(sides[1]) else {
      (self.width, self.height) = (0, 0)
      return
    }
    (self.width, self.height) = (width, height)
  }

  var defaultValueDescription: String { "\(width)x\(height)" }
}

extension GlowConfiguration.Coupling: ExpressibleByArgument {}

/// How activations are kept, or that the memory there is decides it.
enum MemoryChoice: String, CaseIterable, ExpressibleByArgument {
  case store, recompute, auto

  /// With auto, store where that takes at most half of the memory there is.
  func resolved(for c: GlowConfiguration, batch: Int, _ precision: Precision) -> ActivationMemory {
    switch self {
    case .store: .store
    case .recompute: .recompute
    case .auto:
      c.storedBytes(precision) * batch <= TensorMemory.available / 2 ? .store : .recompute
    }
  }
}

/// The number format of the coupling nets, or that the processor decides it.
enum PrecisionChoice: String, CaseIterable, ExpressibleByArgument {
  case float32, bfloat16, auto

  /// With auto, bfloat16 where the processor multiplies it.
  var resolved: Precision {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .auto: .fastest
    }
  }
}

extension TrainingOptions.OptimizerKind: ExpressibleByArgument {}
extension TrainingRun.OnDivergence: ExpressibleByArgument {}
extension Checkpoint.Weights: ExpressibleByArgument {}

/// What every verb that computes takes.
struct ThreadOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads to compute with (default: all cores).", valueName: "n"))
  var threads: Int?

  /// What they may be.
  static let counts = Bounds(1...1024)

  func validate() throws { try check("threads", threads, Self.counts) }

  func apply() { if let threads { ThreadPool.threads = threads } }
}

/// A trained model, and which of its weights.
struct ModelArguments: ParsableArguments {
  @Argument(help: "A .safetensors file, or a run's directory (then its best).", completion: .file())
  var checkpoint: String

  @Option(help: "Averaged weights or the last ones (default: averaged, if the file has them).")
  var weights: Checkpoint.Weights?

  /// The checkpoint and its model, of whatever kind. Throws a `FileError` as `Checkpoint` does.
  func loadAny() throws -> (checkpoint: Checkpoint, model: any Model) {
    let checkpoint = try Checkpoint(reading: checkpoint, for: World.ranks)
    if weights == .ema, !checkpoint.hasEMA {
      throw FileError(
        path: checkpoint.path, reason: "holds no averaged weights; --weights raw takes the others",
        kind: .malformed)
    }
    let model = try checkpoint.model(weights ?? .ema)
    if let c = (model as? Glow)?.configuration, c.condition != nil, c.melSpectrum == nil {
      throw FileError(
        path: checkpoint.path,
        reason: "is told numbers that no folder holds; a program of one's own can score with it",
        kind: .malformed)
    }
    let unknown = checkpoint.unknown
    if let first = unknown.first {
      note(
        "\(checkpoint.path): passed over \(counted(unknown.count, "unknown thing")), the first: "
          + first)
    }
    return (checkpoint, model)
  }

  /// Which weights they are.
  func weightsUsed(of checkpoint: Checkpoint) -> String {
    weights != .raw && checkpoint.hasEMA ? "ema" : "raw"
  }

  /// A model of images or sounds. Throws a `FileError` as well if it is one of something else.
  func load() throws -> (checkpoint: Checkpoint, glow: Glow) {
    let (checkpoint, model) = try loadAny()
    return (checkpoint, try checkpoint.expect(model))
  }

  /// A model of a table or a target. Throws a `FileError` as well if it is one of something else.
  func loadFlow() throws -> (checkpoint: Checkpoint, flow: FlowDensity) {
    let (checkpoint, model) = try loadAny()
    return (checkpoint, try checkpoint.expect(model))
  }
}

/// How a folder is read.
struct LinkOptions: ParsableArguments {
  @Flag(
    name: .customLong("follow-links"), inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Read what symbolic links in the folder lead to, each file once.")
  var given: Bool?

  var follow: Bool { given == true }
}

/// How a table is read.
struct TableOptions: ParsableArguments {
  @Flag(help: "Leave out a table's rows that lack a value.")
  var dropMissing = false
}

/// What shapes a model.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Levels, each halving the size (default: to suit).", valueName: "l"))
  var levels: Int?
  @Option(help: ArgumentHelp("Steps of flow in a level (default: to suit).", valueName: "k"))
  var steps: Int?
  @Option(
    help: ArgumentHelp(
      "Hidden channels of the coupling nets (default: 128, of glowtrain --minutes 60 or "
        + "more 256; of sound 32).", valueName: "f"))
  var width: Int?
  @Option(help: "The couplings' transformation (default: mixture).")
  var coupling: GlowConfiguration.Coupling?
  @Option(
    help: ArgumentHelp("Logistics in a mixture coupling (default: 4).", valueName: "k"))
  var components: Int?
  @Option(
    help: ArgumentHelp(
      "Where in its bin an image's sample is put: anywhere, or where a small flow says "
        + "(default: variational)."))
  var dequantization: Dequantization?
  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Show the nets of images where these end (default: of mixture couplings).")
  var border: Bool?
  @Option(help: ArgumentHelp("Bits a sample is reduced to, 1 to 8 (default: 8).", valueName: "b"))
  var bits: Int?
  @Option(
    help: ArgumentHelp("Gated layers of the coupling nets of sound (default: 4).", valueName: "m"))
  var layers: Int?

  func validate() throws { try checkAll(RunOption<ModelOptions, GlowConfiguration>.all, of: self) }

  /// Sets the couplings, as far as the options say them.
  func couple(_ c: inout GlowConfiguration) throws {
    c.coupling = coupling ?? c.coupling
    try check(
      components == nil || c.coupling == .mixture, "--components is of --coupling mixture")
    c.components = c.coupling == .mixture ? components ?? GlowConfiguration.usualComponents : nil
    try check(!c.medium.isSound || border != true, "--border is for images")
    c.border = (border ?? c.suitedBorder) == true ? true : nil
    if let dequantization {
      try check(
        !c.medium.isSound || dequantization == .uniform,
        "--dequantization variational is for images")
      c.dequantizer = dequantization == .variational ? c.suitedDequantizer : nil
    }
  }

  /// A model for images of this size and kind and a run of so many minutes, as far as the options
  /// leave it open.
  func configuration(
    size: ImageSize, channels: Int, minutes: Double? = nil
  ) throws -> GlowConfiguration {
    let deepest = GlowConfiguration.deepest(width: size.width, height: size.height)
    try check(
      levels.map { $0 <= deepest } ?? true,
      "--levels \(levels ?? 0) is too deep for \(size.width)x\(size.height): at most \(deepest)")
    var c = GlowConfiguration.suited(
      width: size.width, height: size.height, channels: channels, levels: levels, steps: steps,
      hidden: width, minutes: minutes)
    c.bits = bits ?? c.bits
    try couple(&c)
    return c
  }
}

/// Where in its bin a sample is put.
enum Dequantization: String, CaseIterable, ExpressibleByArgument {
  case uniform, variational
}

/// How a folder of sounds is read.
struct AudioOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Frames a second, with --resample.", valueName: "hz"))
  var sampleRate: Int?
  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Bring all sounds to one rate: --sample-rate, or the most common.")
  var resample: Bool?
  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Leave out sounds of fewer bits in 16-bit files, which flatter a model.")
  var skipSuspicious: Bool?

  var resamples: Bool { resample == true }
  var skipsSuspicious: Bool { skipSuspicious == true }
  var isEmpty: Bool { sampleRate == nil && !resamples && !skipsSuspicious }
}

extension GlowConfiguration {
  /// What an image's channels may be on the command line.
  static let imageChannels = Bounds<Int>("must be 1 or 3 for images") { $0 == 1 || $0 == 3 }
  /// What a segment may be.
  static let segments = Bounds<Int>("must be at least 2") { $0 >= 2 }
}

extension ImageSize {
  init(_ size: (width: Int, height: Int)) { (width, height) = size }
}

/// A usage error unless `condition` holds.
func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw ValidationError(message()) }
}

/// A usage error if an option's value can't be.
func check<V>(_ name: String, _ value: V?, _ bounds: Bounds<V>) throws {
  try check(value.map(bounds.contains) ?? true, "--\(name) \(bounds.description)")
}

/// A usage error that names the first of these options that was given.
func refuse(_ options: KeyValuePairs<String, Bool>, _ reason: String) throws {
  for (name, isGiven) in options { try check(!isGiven, "--\(name) \(reason)") }
}

extension GlowConfiguration {
  /// The number of a class. A usage error if there is none of that name.
  func label(_ name: String) throws -> Int {
    guard let label = classes.firstIndex(of: name) else {
      throw ValidationError(
        classes.isEmpty
          ? "the model has no classes"
          : "no class \(name); there are " + classes.joined(separator: ", "))
    }
    return label
  }
}

/// The options that a model of a table or a target has no use for.
let notForTables = "is for models of images and sounds"

/// The options that a variational autoencoder has no use for, and those that others have none for.
let notForVAEs = "is not for variational autoencoders"
let onlyForVAEs = "is for variational autoencoders"

/// The options that a model of images or sounds has no use for.
let onlyForTables = "is for models of tables"

/// A folder's images in a model's format, and on standard error what was done to them.
///
/// Throws a `FileError` if they are of another shape than what the model was trained on.
func load(_ folder: ImageFolder, as format: ExampleFormat, _ data: DataDescription) throws
  -> ImageSet
{
  if format.channels == 1, data.channels == 1,
    let file = folder.files.first(where: { $0.header.channels == 3 })
  {
    throw FileError(path: file.path, reason: "is in colour; the model is gray", kind: .malformed)
  }
  let size = folder.mostCommonSize
  let own = data.width.flatMap { width in data.height.map { [width, $0] } }
  guard [[format.width, format.height], own].contains([size.width, size.height]) else {
    throw FileError(
      path: folder.path,
      reason:
        "most images are \(size.width)x\(size.height); the model takes \(format.width)x\(format.height)",
      kind: .malformed)
  }
  let images = try folder.load(
    width: format.width, height: format.height, channels: format.channels)
  say(images.notes)
  return images
}

/// A path that a shell takes for one word, and a command for no option.
func shellQuoted(_ path: String) -> String {
  let path = path.hasPrefix("-") ? "./" + path : path
  let isPlain = path.utf8.allSatisfy {
    switch $0 {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-+=./,:@%".utf8.contains($0)
    }
  }
  return isPlain && !path.isEmpty ? path : "'\(path.replacing("'", with: "'\\''"))'"
}

/// A number in JSON, which has none that are not finite.
func jsonNumber(_ number: Double?) -> String {
  number.map { $0.isFinite ? "\($0)" : "null" } ?? "null"
}

/// A standard error behind its mean, or nothing where it is unknown.
func plusMinus(_ error: Double?) -> String { error.map { " ± \($0.formatted(4))" } ?? "" }

extension Double {
  /// With a fixed number of decimals.
  func formatted(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
