import Tensors

/// Everything that rebuilds a model: its shape and what is done to the data before it.
public struct GlowConfiguration: Codable, Equatable, Sendable {
  /// The kind of transformation in every coupling.
  public enum Coupling: String, Codable, CaseIterable, Sendable {
    /// One half is scaled and moved by the other.
    case affine
    /// One half is moved by the other.
    case additive
    /// One half is flattened by the CDF of a mixture of logistics that the other says.
    case mixture
  }

  /// What only a model of sound has.
  public struct Audio: Codable, Equatable, Sendable {
    /// Frames a second, Hz.
    public var rate: Int
    /// Gated layers of the coupling nets, M; the last one's dilation is 2^(M−1).
    public var layers: Int

    /// Sound at this rate.
    public init(rate: Int, layers: Int) { (self.rate, self.layers) = (rate, layers) }
  }

  /// A flow that says where in its bin each sample of an image is put.
  public struct Dequantizer: Codable, Equatable, Sendable {
    /// Steps of the flow, J.
    public var steps: Int
    /// Hidden channels of its couplings' nets.
    public var hidden: Int

    /// So many steps, with nets of so many hidden channels.
    public init(steps: Int, hidden: Int) { (self.steps, self.hidden) = (steps, hidden) }
  }

  /// The size of an example, in pixels. A sound is an image one row high, a column a frame.
  public var height, width: Int
  /// 1 for gray, 3 for colour; a sound's channels.
  public var channels: Int
  /// Bit depth that samples are reduced to: 1 to 8, for sound 16.
  public var bits: Int
  /// How often the size is halved, L in the paper.
  public var levels: Int
  /// Steps of flow in a level, K in the paper.
  public var steps: Int
  /// Hidden channels of the coupling nets, F.
  public var hidden: Int
  /// What one half of the channels does to the other in every coupling.
  public var coupling: Coupling
  /// Logistics in a mixture coupling, K; nil for the usual number.
  public var components: Int?
  /// The names of the classes that the prior tells apart; empty where it does not.
  public var classes: [String]
  /// Nil for images.
  public var audio: Audio?
  /// What the couplings' nets are told beside; nil where that is nothing.
  public var condition: Condition?
  /// Whether an image's nets see where it ends; nil for no, as in older files.
  public var border: Bool?
  /// Nil where noise in a bin is uniform.
  public var dequantizer: Dequantizer?

  /// A model for images of this size.
  public init(
    height: Int, width: Int, channels: Int, bits: Int = 8, levels: Int = 3, steps: Int = 8,
    hidden: Int = 128, coupling: Coupling = .affine, classes: [String] = []
  ) {
    (self.height, self.width, self.channels, self.bits) = (height, width, channels, bits)
    (self.levels, self.steps, self.hidden) = (levels, steps, hidden)
    (self.coupling, self.classes) = (coupling, classes)
  }

  /// A model for segments of so many frames.
  public init(
    segment: Int, channels: Int, audio: Audio, levels: Int = 6, steps: Int = 4, hidden: Int = 128,
    coupling: Coupling = .affine, classes: [String] = []
  ) {
    self.init(
      height: 1, width: segment, channels: channels, bits: 16, levels: levels, steps: steps,
      hidden: hidden, coupling: coupling, classes: classes)
    self.audio = audio
  }

  /// Images or sound, and what follows from that.
  public var medium: Medium {
    audio.map { .sound(rate: $0.rate, layers: $0.layers) } ?? .images(bits: bits)
  }

  /// The examples as data.
  public var format: ExampleFormat {
    ExampleFormat(
      height: height, width: width, channels: channels, medium: medium, unit: unit)
  }

  /// Dimensions of one example, D in bits/dim.
  public var dimensions: Int { format.dimensions }

  /// What a squeeze divides height and width by.
  public var squeeze: (height: Int, width: Int) { medium.squeeze }

  /// What the width must be a multiple of, 2^levels.
  public var unit: Int { 1 << levels }

  /// The dequantizer that suits the model: two steps, of half its width.
  public var suitedDequantizer: Dequantizer { Dequantizer(steps: 2, hidden: max(1, hidden / 2)) }

  /// Whether a border suits the model: true where the nets of images end in a 1×1 convolution, as a
  /// 3×3 one sees by its own zeros where an image ends.
  public var suitedBorder: Bool? { medium.isSound || lastKernel > 1 ? nil : true }

  var mixtureComponents: Int { components ?? Self.usualComponents }

  /// Numbers that a coupling's net makes for each channel that it transforms.
  var coupledParameters: Int { initialCoupledParameters.count }

  /// What those begin with.
  var initialCoupledParameters: [Float] {
    switch coupling {
    case .affine: [0, 0]
    case .additive: [0]
    case .mixture: Transformer.logisticMixture(components: mixtureComponents).initialNearIdentity
    }
  }

  /// The size of the last convolution of an image coupling's net: the many numbers of a mixture
  /// would make a 3×3 one the most of its work.
  var lastKernel: Int { coupling == .mixture ? 1 : 3 }

  /// The integers that the samples are, and where they stand on the real line.
  public var grid: SampleGrid { medium.grid }

  // Generous; they keep a damaged file from asking for all of the memory.
  /// What `levels` may be.
  public static let levelCounts = 1...12
  /// What `steps` may be.
  public static let stepCounts = 1...1024
  /// What `hidden` may be.
  public static let hiddenCounts = 1...8192
  /// What `components` is where nothing is said.
  public static let usualComponents = 4
  /// What `components` may be.
  public static let componentCounts = 1...64
  /// What an image's `bits` may be.
  public static let imageBits = 1...8
  /// What a sound's `channels` may be.
  public static let soundChannels = 1...8
  /// What a sound's `layers` may be.
  public static let layerCounts = 1...16

  /// Why no model can be built from this, or nil.
  public var validationError: String? {
    var checks = [
      ("levels", levels, Self.levelCounts), ("steps", steps, Self.stepCounts),
      ("hidden width", hidden, Self.hiddenCounts),
      ("components", mixtureComponents, Self.componentCounts),
      ("classes", classes.count, 0...65536),
    ]
    if let dequantizer {
      if medium.isSound { return "a dequantizer is for images" }
      checks += [
        ("dequantizer's steps", dequantizer.steps, Self.stepCounts),
        ("dequantizer's width", dequantizer.hidden, Self.hiddenCounts),
      ]
    }
    switch medium {
    case .images:
      checks += [
        ("height", height, 1...16384), ("width", width, 1...16384), ("channels", channels, 1...4),
        ("bits", bits, Self.imageBits),
      ]
    case .sound(let rate, let layers):
      checks += [
        ("height", height, 1...1), ("segment", width, 1...1 << 20),
        ("channels", channels, Self.soundChannels),
        ("bits", bits, 16...16), ("sample rate", rate, 1...768_000),
        ("layers", layers, Self.layerCounts),
      ]
    }
    for (name, value, range) in checks where !range.contains(value) {
      return "\(name) is \(value), not in \(range.lowerBound)…\(range.upperBound)"
    }
    if border == true, medium.isSound { return "a border is of images" }
    if let condition {
      let error =
        switch medium {
        case .images: condition.validationErrorOfImages
        case .sound(let rate, _): condition.validationError(rate: rate)
        }
      if let error { return error }
      if condition.mel != nil, channels != 1 { return "a mel spectrum is of a mono sound" }
    }
    if height * width > 1 << 26 { return "the size is \(width)x\(height), over 2^26 pixels" }
    switch medium {
    case .images where width % unit != 0 || height % unit != 0:
      return "\(levels) levels need sides divisible by \(unit); the size is \(width)x\(height)"
    case .sound where width % unit != 0:
      return "\(levels) levels need segments divisible by \(unit); the segment is \(width)"
    default: return nil
    }
  }

  /// What the steps of each level work on: a squeeze divides the size and multiplies the channels,
  /// and half of the channels go on to the next level. For an example of the model's width unless
  /// given.
  public func levelShapes(width: Int? = nil) -> [(height: Int, width: Int, channels: Int)] {
    var shape = (height: height, width: width ?? self.width, channels: 2 * channels)
    return (0..<levels).map { _ in
      shape.height /= squeeze.height
      shape.width /= squeeze.width
      shape.channels = shape.channels / 2 * squeeze.height * squeeze.width
      return shape
    }
  }

  /// Frames to either side of one that its value depends on, forward and inverse, at most:
  ///
  ///     Σ over levels l of (K · (2^M − 1) + 1) · 2^(l+1)          M layers a net, K steps a level
  ///
  /// 0 for images.
  public var receptiveField: Int {
    guard case .sound(_, let layers) = medium else { return 0 }
    let aLevel = steps * ((1 << layers) - 1) + 1
    return (0..<levels).reduce(0) { $0 + aLevel << ($1 + 1) }
  }

  /// Bytes of activations that a training step which stores them keeps for one example.
  public func storedBytes(_ precision: Precision) -> Int {
    let shapes = levelShapes()
    let own = dequantizer.map {
      bytes(of: shapes[0], steps: $0.steps, hidden: $0.hidden, precision)
    }
    return shapes.reduce(own ?? 0) { $0 + bytes(of: $1, steps: steps, hidden: hidden, precision) }
  }

  /// Those of the steps of a level.
  private func bytes(
    of shape: (height: Int, width: Int, channels: Int), steps: Int, hidden: Int,
    _ precision: Precision
  ) -> Int {
    let c = shape.channels
    // the inputs of actnorm and 1×1 convolution, a coupling's output and what its net made
    let flow = 3 * c + c / 2 * coupledParameters
    // of an image's, what is between its products; a sound's keeps its sums in float32
    let net =
      switch medium {
      case .images: precision.bytes * 2 * hidden
      case .sound(_, let layers): 4 * (3 * layers + 1) * hidden
      }
    return steps * shape.height * shape.width * (4 * flow + net)
  }

  /// Multiply-adds, times two, of one forward pass over one example; a training step is three times
  /// that.
  public var flops: Double {
    let shapes = levelShapes()
    var total = shapes.reduce(0.0) {
      $0 + Double(steps) * flops(of: $1, hidden: hidden, told: condition?.channels ?? 0)
    }
    if let dequantizer {
      total +=
        Double(dequantizer.steps)
        * flops(of: shapes[0], hidden: dequantizer.hidden, told: shapes[0].channels)
    }
    return total + conditionFlops
  }

  /// Those of a step whose net is told so many numbers at each position; what a sound's is told is
  /// counted elsewhere.
  private func flops(
    of shape: (height: Int, width: Int, channels: Int), hidden: Int, told: Int
  ) -> Double {
    let c = shape.channels
    let outputs = c / 2 * coupledParameters
    let net: Int
    switch medium {
    case .images:
      let last = lastKernel * lastKernel * hidden * outputs
      let inputs = c / 2 + told + (border == true ? 1 : 0)
      net = 9 * inputs * hidden + hidden * hidden + last
    case .sound(_, let layers):
      // 1×3 to 2F and 1×1 to 2F in every layer, but to F in the last
      let stack = hidden * hidden * (8 * layers - 1)
      net = (c / 2) * hidden + stack + hidden * outputs
    }
    return 2 * Double(shape.height * shape.width) * Double(net + c * c)
  }

  /// Of it what brings a condition to the couplings, at its own places.
  private var conditionFlops: Double {
    guard let condition, case .sound(_, let layers) = medium else { return 0 }
    let each = 2 * condition.count(of: width) * condition.channels * 2 * hidden * layers
    return Double(levels * steps * each)
  }
}
