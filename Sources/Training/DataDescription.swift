/// Where a model's data came from.
public struct DataDescription: Codable, Equatable, Sendable {
  /// The folder, from the root on; one of the two. In older files as the user named it.
  public var images, audio: String?
  /// Files to train on.
  public var count: Int
  public var validation: String?
  /// The fingerprints of the folder's files and of the validation folder's; nil in older files.
  public var fingerprint, validationFingerprint: String?
  /// The part held out to validate on; nil for the default.
  public var validationFraction: Double?
  /// The size and channels that images had before they were brought to the model's; of sounds,
  /// the channels.
  public var width, height: Int?
  public var channels: Int
  /// Whether sounds are brought to the model's rate, and suspicious ones left out.
  public var resample, skipSuspicious: Bool?

  /// Images of this size.
  public init(images: String, width: Int, height: Int, channels: Int) {
    (self.images, count) = (images, 0)
    (self.width, self.height, self.channels) = (width, height, channels)
  }

  /// Sounds with so many channels.
  public init(audio: String, channels: Int, resample: Bool, skipSuspicious: Bool) {
    (self.audio, self.channels, count) = (audio, channels, 0)
    (self.resample, self.skipSuspicious) = (resample, skipSuspicious)
  }

  /// The folder.
  public var folder: String { images ?? audio ?? "" }

  /// Why this can't be so, or nil.
  var validationError: String? {
    let fraction = validationFraction ?? 0
    if !(0..<1).contains(fraction) { return "the part held out is \(fraction)" }
    return count >= 0 ? nil : "the number of files is \(count)"
  }
}
