import Tensors

/// The sizes that a gated net of images goes through: halved until a side is at most 8, from a size
/// padded with zeros so that it halves.
public struct ImageStages {
  /// How often it is halved.
  public let count: Int
  /// The padded size, and the smallest.
  public let padded, smallest: (height: Int, width: Int)
  private let width: Int

  /// For images of this size, in nets of so many channels.
  public init(height: Int, width: Int, channels: Int) {
    var count = 0
    while max(height, width) > 8 << count { count += 1 }
    let unit = 1 << count
    let lines = ((height + unit - 1) / unit, (width + unit - 1) / unit)
    (self.count, smallest, self.width) = (count, lines, channels)
    padded = (lines.0 * unit, lines.1 * unit)
  }

  /// Channels behind so many halvings: half of the net's at full size, then as many, then twice.
  func channels(_ halvings: Int) -> Int {
    switch halvings {
    case 0: max(1, width / 2)
    case 1: width
    default: 2 * width
    }
  }

  /// Numbers that an image is at the smallest size.
  public var features: Int { smallest.height * smallest.width * channels(count) }
}
