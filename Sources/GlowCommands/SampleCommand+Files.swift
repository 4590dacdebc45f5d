import Media
import Models
import Training

/// Images and sounds, as files and as one picture.
extension SampleCommand {
  func drawImages(
    _ count: Int, _ format: ExampleFormat, classes: [String] = [], _ pieces: [Range<Int>],
    label: (Int) -> Int? = { _ in nil }, draw: (Range<Int>) throws -> ([Image], Int)
  ) throws {
    try check(seconds == nil, "--seconds is for models of sound")
    let grid = grid ?? (output == nil ? "samples.png" : nil)
    if grid != nil { try gridOptions.refuseTooMany(count, of: format) }
    if World.ranks.isLeader {
      try Output.tryAll(.folder("output", output), .file("grid", grid, .picture), reading: [])
    }
    var files = SampleFiles<Image>(
      output, count, format.medium.noun, ending: "png", classes: classes,
      keeping: grid == nil ? 0 : count)
    try files.make(pieces, label: label, draw: draw, write: PNG.write)
    if let grid, !files.kept.isEmpty {
      let picture = Image.grid(
        files.kept, columns: gridOptions.columns(of: files.kept.count), scale: gridOptions.scale)
      try PNG.write(picture, to: grid)
    }
    let places = [grid, files.said].compactMap(\.self)
    try files.end(in: places.joined(separator: " and in "), dimensions: format.dimensions)
  }

  func drawSounds(
    _ count: Int, _ sampler: Sampler, _ c: GlowConfiguration, rate: Int, _ label: Int?
  ) throws {
    try check(gridOptions.isEmpty, "--columns and --scale are for models of images")
    let frames = seconds.map { max(1, Int(($0 * Double(rate)).rounded())) } ?? c.width
    try check(
      frames * c.channels * 2 <= WAV.wholeLimit, "--seconds: a file holds at most 2^31 bytes")
    let folder = output ?? (grid == nil ? "samples" : nil)
    try check(
      folder != nil || count <= Self.mostWaveforms,
      "--grid shows at most \(Self.mostWaveforms) sounds; --output DIR takes more")
    if World.ranks.isLeader {
      try Output.tryAll(.folder("output", folder), .file("grid", grid, .picture), reading: [])
    }
    var files = SampleFiles<Sound>(
      folder, count, c.medium.noun, ending: "wav", classes: c.classes,
      keeping: Self.mostWaveforms)
    try files.make(
      sampler.pieces(count, frames: frames), label: { sampler.label(of: $0, label) },
      draw: {
        try sampler.sounds($0, frames: frames, temperature: temperature, label: label)
      }, write: WAV.write)
    let picture = grid ?? folder.map { Folder.path($0, "waveforms.png") } ?? ""
    if !files.kept.isEmpty { try PNG.write(.waveforms(files.kept), to: picture) }
    let shown =
      "waveforms" + (files.kept.count < files.done ? " of the first \(files.kept.count)" : "")
    try files.end(
      in: files.said.map { "\($0); \(shown) in \(picture)" } ?? "\(picture), as \(shown)",
      dimensions: frames * c.channels)
  }

  /// Sounds that a picture shows the waveforms of, at most.
  private static var mostWaveforms: Int { 100 }
}
