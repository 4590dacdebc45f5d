/// An 8-bit image, gray or RGB.
public struct Image: Equatable, Sendable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// 1 (gray) or 3 (RGB).
  public let channels: Int
  /// The samples, `height · width · channels` of them, in H,W,C order.
  public let pixels: [UInt8]

  /// An image of these samples, in H,W,C order.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image has at least one pixel")
    precondition(channels == 1 || channels == 3, "an image has one channel or three")
    precondition(pixels.count == width * height * channels, "samples are height · width · channels")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }
}
