/// Everything that rebuilds a model: its shape and what is done to the data before it.
public struct GlowConfiguration: Codable, Equatable, Sendable {
  /// The kind of transformation in every coupling.
  public enum Coupling: String, Codable, CaseIterable, Sendable { case affine, additive }

  /// The size of an example, in pixels.
  public var height, width: Int
  /// 1 for gray, 3 for colour.
  public var channels: Int
  /// Bit depth that samples are reduced to, 1 to 8.
  public var bits: Int
  /// How often the size is halved, L in the paper.
  public var levels: Int
  /// Steps of flow in a level, K in the paper.
  public var steps: Int
  /// Hidden channels of the coupling nets, F.
  public var hidden: Int
  public var coupling: Coupling
  /// The names of the classes that the prior tells apart; empty where it does not.
  public var classes: [String]

  /// A model for images of this size.
  public init(
    height: Int, width: Int, channels: Int, bits: Int = 8, levels: Int = 3, steps: Int = 8,
    hidden: Int = 128, coupling: Coupling = .affine, classes: [String] = []
  ) {
    (self.height, self.width, self.channels, self.bits) = (height, width, channels, bits)
    (self.levels, self.steps, self.hidden) = (levels, steps, hidden)
    (self.coupling, self.classes) = (coupling, classes)
  }

  /// Dimensions of one example, D in bits/dim.
  public var dimensions: Int { height * width * channels }

  /// Why no model can be built from this, or nil. Bounds are generous; they keep a damaged file from
  /// asking for all of the memory.
  public var defect: String? {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) -> String? {
      range.contains(value)
        ? nil : "\(name) is \(value), not in \(range.lowerBound)…\(range.upperBound)"
    }
    let outOfRange =
      check("height", height, 1...16384) ?? check("width", width, 1...16384)
      ?? check("channels", channels, 1...4) ?? check("bits", bits, 1...8)
      ?? check("levels", levels, 1...12) ?? check("steps", steps, 1...1024)
      ?? check("hidden width", hidden, 1...8192) ?? check("classes", classes.count, 0...65536)
    if let outOfRange { return outOfRange }
    if height * width > 1 << 26 { return "the size is \(width)x\(height), over 2^26 pixels" }
    let unit = 1 << levels
    if height % unit != 0 || width % unit != 0 {
      return "\(levels) levels need sides divisible by \(unit); the size is \(width)x\(height)"
    }
    return nil
  }

  /// Multiply-adds, times two, of one forward pass over one example; a training step is three times
  /// that.
  public var flops: Double {
    var (c, positions, total) = (channels, height * width, 0)
    for level in 0..<levels {
      (c, positions) = (4 * c, positions / 4)
      let outputs = coupling == .affine ? c : c / 2
      let net = 9 * (c / 2) * hidden + hidden * hidden + 9 * hidden * outputs
      total += steps * positions * 2 * (net + c * c)
      if level < levels - 1 { c /= 2 }
    }
    return Double(total)
  }
}
