import Foundation
import Models
import Tensors
import Testing
import Training

/// The model against vectors made by an independent float64 program, at random parameters.
@Suite struct ReferenceTests {
  static let names = [
    "color-2-levels", "gray-1-level-5-bits", "gray-3-levels-classes", "color-2-levels-additive",
    "color-3-levels", "sound-mono-1-level", "sound-stereo-2-levels",
    "sound-mono-3-levels-classes", "sound-stereo-1-level-additive",
    "sound-mono-2-levels-condition", "sound-stereo-2-levels-condition-classes",
    "sound-mono-1-level-mixture-condition",
    "color-2-levels-border", "color-2-levels-mixture", "sound-stereo-2-levels-mixture",
    "color-2-levels-mixture-condition", "gray-3-levels-condition-classes",
    "color-2-levels-mixture-dequantizer",
  ]

  @Test(arguments: names) func likelihood(_ name: String) throws {
    let fixture = try Fixture(name)
    let drawn = fixture.dequantized
    let x = drawn.x
    #expect(difference(x.elements, try fixture.doubles("dequantized")) < 1e-6)
    let (latents, ofX) = fixture.glow.encode(
      x, labels: fixture.labels, condition: fixture.condition)
    let logLikelihood = zip(ofX, drawn.logDet).map { $0 + $1 }
    for (level, latent) in latents.enumerated() {
      let error = difference(latent.elements, try fixture.doubles("latents.\(level)"))
      #expect(error < 1e-4, "latents of level \(level)")
    }
    let bits = logLikelihood.map { fixture.glow.configuration.format.bitsPerDimension($0) }
    #expect(difference(logLikelihood, try fixture.doubles("log_likelihood")) < 1e-5)
    #expect(difference(bits, try fixture.doubles("bits_per_dim")) < 1e-5)
    #expect(Tensor.largestDifference(fixture.decode(latents), x) < 1e-4)
  }

  @Test(arguments: names, ActivationMemory.allCases)
  func everyGradient(_ name: String, _ memory: ActivationMemory) throws {
    let fixture = try Fixture(name)
    let noise = fixture.noise
    let weight = fixture.glow.configuration.format.lossWeight(count: noise.examples)
    let result = fixture.glow.addGradients(
      fixture.samples, noise: noise, labels: fixture.labels, condition: fixture.condition,
      weight: weight, memory: memory)
    #expect(difference(result.logLikelihood, try fixture.doubles("log_likelihood")) < 1e-5)
    #expect(result.reconstructionError < 1e-4)
    var compared = 0
    try fixture.forEachParameter { name, parameter in
      guard parameter.isTrained else { return }
      let expected = try fixture.doubles("gradients." + name)
      #expect(difference(parameter.gradient.elements, expected) < 1e-4, "gradient of \(name)")
      compared += 1
    }
    #expect(compared == fixture.file.entries.keys.count { $0.hasPrefix("gradients.") })
  }

  /// In bfloat16 the nets' rounding shows, but no more than that, and store and recompute agree.
  @Test(arguments: names) func bfloat16IsClose(_ name: String) throws {
    let fixture = try Fixture(name, .bfloat16)
    let (glow, x) = (fixture.glow, fixture.dequantized)
    let ofX = glow.encode(
      x.x, labels: fixture.labels, condition: fixture.condition
    ).logLikelihood
    let logLikelihood = zip(ofX, x.logDet).map { $0 + $1 }
    #expect(difference(logLikelihood, try fixture.doubles("log_likelihood")) < 0.01)
    let weight = glow.configuration.format.lossWeight(count: x.logDet.count)
    var expected: [Double] = []
    try fixture.forEachParameter { name, parameter in
      if parameter.isTrained { expected += try fixture.doubles("gradients." + name) }
    }
    let gradients = try ActivationMemory.allCases.map { memory in
      let result = glow.addGradients(
        fixture.samples, noise: fixture.noise, labels: fixture.labels, condition: fixture.condition,
        weight: weight,
        memory: memory)
      if memory == .recompute {
        #expect(result.reconstructionError > 0 && result.reconstructionError < 1e-4)
      }
      var gradient: [Double] = []
      try fixture.forEachParameter { _, parameter in
        guard parameter.isTrained else { return }
        gradient += parameter.gradient.elements.map(Double.init)
        parameter.clearGradient()
      }
      return gradient
    }
    #expect(difference(gradients[0], expected) < 0.05)
    #expect(difference(gradients[1], gradients[0]) < 1e-3)
  }
}

/// ‖a − b‖ / ‖b‖.
func difference<T: BinaryFloatingPoint>(_ a: [T], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let error = zip(a, b).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
  let size = b.reduce(0) { $0 + $1 * $1 }
  // what is zero but for the oracle's rounding, such as the gradient of a reflection of one column
  return (error / (size < 1e-20 ? 1 : size)).squareRoot()
}

/// A file of vectors, and the model with its parameters.
struct Fixture {
  let file: Safetensors
  let glow: Glow
  let labels: [Int]?
  let condition: Tensor?

  init(_ name: String, _ precision: Precision = .float32) throws {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/" + name, ofType: "safetensors"))
    let file = try Safetensors(reading: path)
    func number(_ key: String) throws -> Int {
      try #require(file.metadata[key].flatMap { Int($0) })
    }
    func shape(_ name: String) throws -> [Int] { try #require(file.entries[name]).shape }
    let isSound = file.entries["samples"] != nil
    let data = try shape(isSound ? "samples" : "pixels")
    let prior = try shape("parameters.prior.mean")
    let step = "parameters.levels.0.steps.0."
    let outputs = try shape(step + "coupling.\(isSound ? "end" : "conv3").bias")
    let coupled = outputs[0] / (try shape(step + "actnorm.bias")[0] / 2)
    let classes = prior.count == 2 ? (0..<prior[0]).map { "class \($0)" } : []
    var configuration = GlowConfiguration(
      height: data[1], width: data[2], channels: data[3], bits: try number("bits"),
      levels: try number("levels"), steps: try number("steps"), hidden: try number("width"),
      coupling: coupled == 1 ? .additive : coupled == 2 ? .affine : .mixture, classes: classes)
    if coupled > 2 { configuration.components = coupled / 3 }
    if isSound {
      configuration.bits = 16
      configuration.audio = GlowConfiguration.Audio(rate: 8000, layers: 3)
    }
    if file.metadata["border"] == "True" { configuration.border = true }
    if let told = file.entries["condition"]?.shape {
      configuration.condition = GlowConfiguration.Condition(
        channels: told[3], spacing: try number("spacing"))
      condition = Tensor(try file.floats("condition", shape: told), shape: told)
    } else {
      condition = nil
    }
    if let steps = file.metadata["dequantizer"].flatMap({ Int($0) }), steps > 0 {
      configuration.dequantizer = GlowConfiguration.Dequantizer(
        steps: steps, hidden: configuration.hidden / 2)
    }
    self.file = file
    glow = Glow(configuration)
    glow.precision = precision
    let stored: [Int32] = try file.values("labels")
    labels = classes.isEmpty ? nil : stored.map(Int.init)
    try forEachParameter { name, parameter in
      if name.hasSuffix("permutation") {
        parameter.set(try file.values("parameters." + name).map { (i: Int32) in Float(i) })
      } else {
        parameter.set(try file.floats("parameters." + name, shape: parameter.value.shape))
      }
    }
  }

  var samples: [Int16] {
    let pixels = (try? file.values("pixels", as: UInt8.self))?.map { Int16($0) }
    return pixels ?? (try? file.values("samples", as: Int16.self)) ?? []
  }

  var noise: Tensor {
    let c = glow.configuration
    let shape = [samples.count / c.dimensions, c.height, c.width, c.channels]
    return Tensor((try? file.floats("noise")) ?? [], shape: shape)
  }

  var dequantized: Glow.Dequantized { glow.dequantize(samples, noise: noise) }

  func decode(_ latents: [Tensor]) -> Tensor { glow.decode(latents, condition: condition) }

  func doubles(_ name: String) throws -> [Double] { try file.values(name) }

  func forEachParameter(_ body: (String, Parameter) throws -> Void) throws {
    var failure: Error?
    glow.visitParameters { name, parameter in
      do { try body(name, parameter) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
