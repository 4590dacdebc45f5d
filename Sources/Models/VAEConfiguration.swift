import Flows
import Foundation

/// Everything that rebuilds a `VAE`.
public struct VAEConfiguration: ModelConfiguration {
  /// The size of images, their channels and the bits of a pixel.
  public struct ImageShape: Codable, Equatable, Sendable {
    /// In pixels; 1 or 3 channels; bits of a sample, 1 to 8.
    public var width, height, channels, bits: Int

    /// Images of this size.
    public init(width: Int, height: Int, channels: Int, bits: Int = 8) {
      (self.width, self.height) = (width, height)
      (self.channels, self.bits) = (channels, bits)
    }
  }

  /// How the pixels of 8 bits become 0 or 1.
  public enum Binarization: String, CaseIterable, Codable, Sendable {
    /// 1 where it is over half.
    case `static`
    /// 1 with its value as the probability, drawn anew each time.
    case dynamic
  }

  /// What images are; nil of a table.
  public var image: ImageShape?
  /// Of a table: the names of its columns.
  public var columns: [String]
  /// What is taken off each column, and what it is divided by; the likelihood counts it.
  public var shift, scale: [Double]
  /// The number of latent dimensions.
  public var latent = 64
  /// What q(z|x) is.
  public var posterior = PosteriorName.gaussian
  /// Flows of the posterior.
  public var flows = 4
  /// Columns of an orthogonal Sylvester flow's Q, or the reflections that make it.
  public var vectors = 16
  /// What p(x|z) is.
  public var likelihood: DecoderLikelihood
  /// Of images with a Bernoulli likelihood.
  public var binarization: Binarization?
  /// Hidden units of each layer of a table's nets.
  public var hidden = [64, 64]
  /// Hidden units of each layer of the posterior's masked nets.
  public var flowHidden = [256]
  /// Channels of images' nets, at half size.
  public var width = 32
  /// Features that the encoder of images gives.
  public var features = 256

  /// A model of images.
  public init(image: ImageShape, likelihood: DecoderLikelihood) {
    (self.image, self.likelihood) = (image, likelihood)
    (columns, shift, scale) = ([], [], [])
  }

  /// A model of a table's columns as they are.
  public init(columns: [String], likelihood: DecoderLikelihood = .gaussian) {
    (self.columns, self.likelihood) = (columns, likelihood)
    shift = Array(repeating: 0, count: columns.count)
    scale = Array(repeating: 1, count: columns.count)
    latent = min(8, columns.count)
    flowHidden = [64]
  }

  /// What images are as data; nil of a table.
  public var format: ExampleFormat? {
    image.map {
      ExampleFormat(
        height: $0.height, width: $0.width, channels: $0.channels, medium: .images(bits: $0.bits))
    }
  }

  /// Numbers of an example.
  public var dimensions: Int { format?.dimensions ?? columns.count }

  /// What standardising adds to the log-likelihood of a row, −Σ log scale, nats.
  public var logJacobian: Double { -scale.reduce(0) { $0 + log($1) } }

  /// Whether bits per dimension of 8-bit pixels can be told.
  public var hasLevels: Bool { likelihood == .logistic }

  /// What `latent` may be.
  public static let latentCounts = 1...4096
  /// What `flows` may be.
  public static let flowCounts = 0...256
  /// What `vectors` may be.
  public static let vectorCounts = 1...256
  /// What `width` may be.
  public static let widths = 1...1024
  private static let sides = 1...65536

  public var validationError: String? {
    if let image {
      if !columns.isEmpty { return "it is of images and of columns" }
      let isSized = Self.sides.contains(image.width) && Self.sides.contains(image.height)
      if !isSized || image.width * image.height > 1 << 22 {
        return "images of \(image.width)x\(image.height) are too large"
      }
      let padded = stages(image).padded
      if padded.width * padded.height > 1 << 22 {
        return
          "images of \(image.width)x\(image.height) are too long for nets that halve both sides"
      }
      if image.channels != 1 && image.channels != 3 { return "channels are not 1 or 3" }
      if !(1...8).contains(image.bits) { return "bits are \(image.bits), not in 1…8" }
      if likelihood == .gaussian { return "a gaussian likelihood is for tables" }
      if (likelihood == .bernoulli) != (binarization != nil) {
        return "pixels are binarized for a bernoulli likelihood alone"
      }
    } else {
      let d = columns.count
      if !(1...65536).contains(d) { return "columns are \(d), not in 1…65536" }
      if Set(columns).count != d { return "two columns have one name" }
      if shift.count != d || scale.count != d { return "shift and scale are not one a column" }
      if !shift.allSatisfy(\.isFinite) || !scale.allSatisfy({ $0.isFinite && $0 > 0 }) {
        return "a shift is not finite or a scale not above 0"
      }
      if likelihood == .logistic { return "a logistic likelihood is for images" }
      if binarization != nil { return "a table is not binarized" }
    }
    let units = hidden + flowHidden
    if units.count > 32 || !units.allSatisfy((1...16384).contains) {
      return "hidden units are not in 1…16384"
    }
    if flowHidden.isEmpty { return "the posterior's nets have no hidden units" }
    for (name, value, range) in [
      ("latent dimensions", latent, Self.latentCounts), ("flows", flows, Self.flowCounts),
      ("vectors", vectors, Self.vectorCounts), ("width", width, Self.widths),
      ("features", features, 1...16384),
    ] where !range.contains(value) {
      return "\(name) are \(value), not in \(range.lowerBound)…\(range.upperBound)"
    }
    // a damaged file must not ask for all of the memory
    let all = parameterEstimate
    return all < 1 << 31 ? nil : "it would have \(all) parameters"
  }

  private func stages(_ image: ImageShape) -> ImageStages {
    ImageStages(height: image.height, width: image.width, channels: width)
  }

  /// About how many parameters there are, before any memory is taken.
  private var parameterEstimate: Int {
    let given = hidden.last ?? columns.count
    let f = image == nil ? given : features
    let m = posterior == .orthogonal ? min(latent, vectors) : latent
    let perFlow: Int
    switch posterior {
    case .gaussian: perFlow = 0
    case .planar: perFlow = f * (2 * latent + 1)
    case .orthogonal: perFlow = f * (m * (m + latent + 3))
    case .householder: perFlow = f * (m * (m + 3) + vectors * latent)
    case .triangular: perFlow = f * (m * (m + 3))
    case .iaf, .maf, .nsf:
      let sizes = [f + latent] + flowHidden + [23 * latent]
      perFlow = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let net: Int
    if let image {
      // of a size two convolutions on the way down and two on the way up, of 2·width channels, each
      // with gates and to or from four times as many
      let stages = stages(image)
      net =
        2 * stages.features * (features + latent)
        + (stages.count + 1) * (700 * width * width + 72 * width * image.channels)
    } else {
      let sizes = [columns.count] + hidden + [2 * columns.count]
      net = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + 4 * $1.0 * $1.1 }
    }
    let own = perFlow + (perFlow + f - 1) / max(1, f)
    let (flowsAll, overflow) = own.multipliedReportingOverflow(by: max(1, flows))
    let (sum, more) = (net + 2 * f * latent).addingReportingOverflow(flowsAll)
    return overflow || more ? .max : sum
  }
}
