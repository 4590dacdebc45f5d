/// Where a model's data came from.
public struct DataDescription: Codable, Equatable, Sendable {
  /// The folder or the table, from the root on; one of the three, unless it is a target. In older
  /// files as the user named it.
  public var images, audio, table: String?
  /// The name of the target; it needs no data.
  public var target: String?
  /// Files, or rows, to train on.
  public var count: Int
  /// The folder or table that was validated on, if it was one of its own.
  public var validation: String?
  /// The fingerprints of the folder's files, or of the table, and of what is validated on; nil in
  /// older files.
  public var fingerprint, validationFingerprint: String?
  /// The part held out to validate on; nil for the default.
  public var validationFraction: Double?
  /// The size and channels that images had before they were brought to the model's; of sounds,
  /// the channels.
  public var width, height, channels: Int?
  /// Whether sounds are brought to the model's rate, and suspicious ones left out.
  public var resample, skipSuspicious: Bool?
  /// Whether symbolic links in the folders are followed.
  public var followLinks: Bool?
  /// Whether the ends of sounds are held out, as there are too few of them; nil in older files.
  public var heldOutEnds: Bool?
  /// Whether rows that lack a value are left out.
  public var dropMissing: Bool?

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

  /// A table; `dropMissing` says that rows that lack a value were left out.
  public init(table: String, rows: Int, dropMissing: Bool = false) {
    (self.table, count) = (table, rows)
    if dropMissing { self.dropMissing = true }
  }

  /// A target, by its name.
  public init(target: String) { (self.target, count) = (target, 0) }

  /// The folder or the table, or the name of the target.
  public var source: String { images ?? audio ?? table ?? target ?? "" }

  /// Why this can't be so, or nil.
  var validationError: String? {
    let fraction = validationFraction ?? 0
    if !(0..<1).contains(fraction) { return "the part held out is \(fraction)" }
    return count >= 0 ? nil : "the number of examples is \(count)"
  }
}
