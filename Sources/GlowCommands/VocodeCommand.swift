import ArgumentParser
import Foundation
import Media
import Models
import Training

/// `glow vocode`
struct VocodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocode",
    abstract: "Makes sounds from mel spectra, of other sounds or from elsewhere.",
    discussion: """
      EXAMPLES
        glow vocode checkpoints/vocoder a.wav test/ --output copies/
        glow vocode checkpoints/vocoder spectrum.npy --output new/ --temperature 0.6
        glow vocode checkpoints/vocoder spectrum.npy --hop 256 --sample-rate 22050 --output new/

      Of a WAV file the model is told the spectrum, and makes another waveform that has it. An array \
      of NumPy's, bands x frames, is what glow mel writes, or a program that reads text aloud: the \
      natural logarithm of max(magnitude, 1e-5), at the model's rate and hop, which glow inspect \
      says and the file does not: where --sample-rate, --hop and the like say what it is of, \
      another is refused. Values from -20 to ln 1e-5 are raised to that, and counted.

      Sounds may be of any length; what is out of range is clamped, and counted. What is left to \
      chance in a copy is a function of --seed and of its file's number among all, so that no two \
      copies have a hiss in common.
      """)

  @OptionGroup var model: ModelArguments
  @Argument(
    help: ArgumentHelp(
      "WAV files of the model's rate, folders of them, or spectra.", valueName: "file|dir|npy"),
    completion: .file())
  var files: [String]
  @Option(
    help: ArgumentHelp("The folder that the sounds go to, under the names.", valueName: "dir"),
    completion: .directory)
  var output: String
  @Option(
    help: ArgumentHelp(
      "What every deviation is multiplied by (default: 0.8, of mixture couplings 1).",
      valueName: "t"))
  var temperature: Float?
  @Option(
    help: ArgumentHelp(
      "Take out so much of the tones that the model makes of silence, such as 1.",
      valueName: "strength"))
  var denoise: Double = 0
  @Option(
    help: ArgumentHelp(
      "Bring each sound nearer to its spectrum, its phases kept, by so many passes.",
      valueName: "n"))
  var match: Int = 0
  @OptionGroup(title: "WHAT SPECTRA ARE OF") var facts: SpectrumOptions
  @Option(help: ArgumentHelp("Which draws, another for each file.", valueName: "s"))
  var seed: UInt64 = 0
  @Option(name: .customLong("class"), help: ArgumentHelp("The class of all.", valueName: "name"))
  var className: String?
  @Option(help: "Number format of the coupling nets (default: auto, the fastest here).")
  var precision: PrecisionChoice?
  @OptionGroup var fit: ConversionOptions
  @OptionGroup var links: LinkOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check(temperature.map { $0 >= 0 && $0 <= 10 } ?? true, "--temperature must be 0 to 10")
    try check((0...100).contains(denoise), "--denoise must be 0 to 100")
    try check((0...1000).contains(match), "--match must be 0 to 1000")
    try check(
      facts.isEmpty || files.contains(where: Self.isArray),
      "--sample-rate, --mel-bands, --fft, --hop, --fmin and --fmax are for spectra, in .npy files")
  }

  func run() throws {
    threads.apply()
    let (checkpoint, glow) = try model.load()
    guard var vocoder = Vocoder(glow) else { throw notTold(checkpoint) }
    let c = glow.configuration
    let label = try className.map(c.label)
    try check(
      label != nil || c.classes.isEmpty,
      "the model has classes; --class says one of " + c.classes.joined(separator: ", "))
    try Output.tryAll(.folder("output", output), reading: files)
    glow.precision = (precision ?? .auto).resolved
    vocoder.passes = match
    let temperature = temperature ?? max(0.8, c.suitedTemperature)
    if denoise > 0 { vocoder = try vocoder.denoising(denoise, label: label) }
    let told = try told(c, vocoder.spectrum)
    var names = FileNames(ending: ".wav")
    let paths = told.map {
      Folder.path(output, names.name($0.name, from: Self.isArray($0.name) ? ".npy" : ".wav"))
    }
    try refuseReplacing(by: paths)
    try Folder.make(output)
    var (clamped, frames) = (0, 0)
    var work = PieceWork(told.count, c.medium.noun)
    try work.make(told.indices.pieces(of: 1)) { piece in
      for number in piece {
        let (one, path) = (told[number], paths[number])
        let voiced = try vocoder.voice(
          one.values(), frames: one.frames, temperature: temperature, label: label, seed: seed,
          number: number)
        if one.name.contains("/") { try Folder.make((path as NSString).deletingLastPathComponent) }
        try WAV.write(voiced.sound, to: path)
        clamped += voiced.clamped
        frames += one.frames
      }
    }
    let share = 100 * Double(clamped) / Double(max(1, frames))
    try work.end(
      in: output,
      note: clamped == 0
        ? nil
        : "\(counted(clamped, "sample")) out of range and clamped, \(share.formatted(3)) %")
  }

  /// A spectrum that a sound is made of, with the name that the sound gets and how long it is.
  private typealias Told = (name: String, frames: Int, values: () -> [Float])

  /// All of them, in the order that they were given in. Every file is read before the first copy is
  /// made; the spectrum of a sound is made when its turn comes.
  private func told(_ c: GlowConfiguration, _ spectrum: MelSpectrum) throws -> [Told] {
    let spectra: [[Float]?] = try files.map {
      try Self.isArray($0) ? self.spectrum($0, for: spectrum) : nil
    }
    let reader = InputReader(c.format, fit, followingLinks: links.follow)
    var sounds = try reader.soundsOfEach(files.filter { !Self.isArray($0) }).makeIterator()
    if facts.isEmpty, spectra.contains(where: { $0 != nil }) {
      note(
        "spectra are taken for \(c.condition?.words ?? ""), of sounds at "
          + "\(grouped(spectrum.rate)) Hz, as the model is told; --sample-rate, --fft, --hop, "
          + "--fmin and --fmax say what they are of")
    }
    var told: [Told] = []
    for (path, values) in zip(files, spectra) {
      if let values {
        let frames = (values.count / spectrum.bands - 1) * spectrum.hop
        told.append(((path as NSString).lastPathComponent, frames, { values }))
      } else if let read = sounds.next() {
        for (sound, name) in zip(read.values, read.names) {
          told.append((name, sound.frames, { spectrum.of(sound) }))
        }
      }
    }
    return told
  }

  /// A usage error where a copy would be written over what it is a copy of, or over the sound that
  /// lies beside its spectrum.
  private func refuseReplacing(by paths: [String]) throws {
    func place(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
    func folder(_ path: String) -> String { (place(path) as NSString).deletingLastPathComponent }
    for path in paths where FileManager.default.fileExists(atPath: path) {
      let isRead = files.contains { file in
        InputReader.isFolder(file)
          ? place(path).hasPrefix(place(file) + "/")
          : place(path) == place(file) || Self.isArray(file) && folder(path) == folder(file)
      }
      try check(!isRead, "--output \(output): would replace \(path)")
    }
  }

  /// What is taken for the natural logarithm of a magnitude.
  private static let logarithms = -20.0...20.0
  /// The least that a model is told, as float32 has it; from elsewhere there is what is lower by a
  /// hair.
  private static let least = Float(log(MelSpectrum.floor))

  private static func isArray(_ path: String) -> Bool { path.lowercased().hasSuffix(".npy") }

  /// A spectrum frame by frame. Throws a `FileError` if it can't be what the model is told.
  private func spectrum(_ path: String, for spectrum: MelSpectrum) throws -> [Float] {
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    try facts.check(path, for: spectrum)
    let (values, rows, columns) = try NPY.matrix(path)
    guard rows == spectrum.bands else {
      throw malformed(
        "has \(counted(rows, "band")) of \(counted(columns, "frame")); the model takes "
          + "\(spectrum.bands) bands x frames"
          + (columns == spectrum.bands ? ", which is this transposed" : ""))
    }
    guard columns > 1 else {
      throw malformed("has one frame; a sound goes from the first to another")
    }
    guard columns <= 1 << 24 else { throw malformed("has \(columns) frames, more than 2^24") }
    let length = (columns - 1) * spectrum.hop
    guard length * MemoryLayout<Int16>.size <= WAV.wholeLimit else {
      throw malformed(
        "has \(grouped(columns)) frames, of \(grouped(length)) samples; a sound has at most "
          + "\(grouped(WAV.wholeLimit)) bytes")
    }
    if let worst = values.first(where: { !Self.logarithms.contains($0) }) {
      throw malformed("holds \(worst), which is no natural logarithm of a magnitude")
    }
    if values.min().map({ abs($0 + 5) < 1e-5 }) == true {
      note(
        "\(path): its least value is -5, as of logarithms to base 10; the model takes natural ones")
    }
    let low = values.count { Float($0) < Self.least }
    if low > 0 { note("\(path): \(counted(low, "value")) below ln 1e-5 raised to it") }
    return (0..<columns).flatMap { frame in
      (0..<rows).map { max(Float(values[$0 * columns + frame]), Self.least) }
    }
  }
}
