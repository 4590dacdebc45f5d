import Media
import Models

extension Example {
  /// What errors call a file that came from the page.
  private static let name = "the file"

  /// A PNG or WAV file's contents, brought to what a model takes as training does it: images
  /// cropped, scaled down and converted; sounds mixed, resampled and cut to their first seconds.
  ///
  /// Throws a `FileError` or a refusal if that can't be.
  init(fitting bytes: [UInt8], to format: ExampleFormat, mostSeconds: Double) throws {
    switch format.medium {
    case .images:
      let whole = try PNG.decode(bytes, Self.name).image
      guard let image = whole.fitted(width: format.width, height: format.height) else {
        throw Refusal.impossible(
          "the image is \(whole.width)×\(whole.height), smaller than the model's "
            + "\(format.width)×\(format.height)")
      }
      self = .image(image.converted(channels: format.channels))
    case .sound(let rate, _):
      let reader = try SoundReader(
        InputFile(holding: bytes, path: Self.name),
        format: SoundFormat(rate: rate, channels: format.channels))
      let frames = min(reader.frames, Int(mostSeconds * Double(rate)))
      self = .sound(try reader.sound(0..<frames).sound)
    }
  }
}
