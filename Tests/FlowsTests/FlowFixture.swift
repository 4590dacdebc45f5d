import Flows
import Foundation
import Tensors
import Testing
import Training

/// A file of vectors, and the flow with its parameters; where `isPerRow` there is a row of them for
/// each example, or a context in front of the columns.
struct FlowFixture {
  let name: String
  let columns: Int
  private let file: Safetensors

  init(_ name: String, _ columns: Int, isPerRow: Bool = false) throws {
    let file = "\(name)\(isPerRow ? "-per-row" : "")-\(columns)"
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/flows/" + file, ofType: "safetensors"))
    (self.name, self.columns) = (name, columns)
    self.file = try Safetensors(reading: path)
  }

  func doubles(_ name: String) throws -> [Double] { try file.values(name) }

  func tensor(_ name: String) throws -> Tensor {
    let shape = try #require(file.entries[name]).shape
    return Tensor(try doubles(name).map(Float.init), shape: shape.isEmpty ? [1] : shape)
  }

  private var tolerance: Float { name == "continuous" ? 1e-4 : 1e-5 }

  private func variable(_ name: String) throws -> Variable {
    let t = try tensor(name)
    let shape = t.shape.count == 2 ? t.shape : [1, t.count]
    return Variable(Parameter(t.reshaped(shape)))
  }

  var flow: any TapedFlow {
    get throws {
      let random = RandomStream(seed: 1, .parameters)
      switch name {
      case "planar":
        return Planar(u: try variable("u"), w: try variable("w"), b: try variable("b"))
      case "radial":
        return Radial(
          center: try variable("center"), a: try variable("a"), b: try variable("b"))
      case "gaussian-mixture-cdf":
        let parts = try ["weights", "means", "log_scales"].map { try tensor($0).elements }
        let h = (0..<columns).flatMap { c in parts.flatMap { $0[c * 4..<c * 4 + 4] } }
        return Elementwise(
          transformer: .gaussianMixture(components: 4),
          h: Variable(Parameter(Tensor(h, shape: [1, h.count]))))
      case "continuous":
        return Continuous(
          weights: [try variable("layer1.weight"), try variable("layer2.weight")],
          biases: [try variable("layer1.bias"), try variable("layer2.bias")], tolerance: 1e-6,
          random: random)
      case _ where name.hasPrefix("sylvester"):
        let basis: SylvesterBasis =
          name.hasSuffix("orthogonal")
          ? .orthogonal(try variable("q"))
          : name.hasSuffix("householder")
            ? .householder(try variable("v"), reflections: 3)
            : .triangular(isFlipped: try doubles("flip") == [1])
        return Sylvester(
          basis: basis, d: try variable("d"), diagonal1: try variable("diagonal1"),
          diagonal2: try variable("diagonal2"), b: try variable("b"))
      default:
        let transformer: Transformer =
          name == "maf"
          ? .affine
          : name == "spline-autoregressive"
            ? .spline(bins: 4, bound: 3) : .logisticMixture(components: 3)
        let flow = Autoregressive(
          columns: columns, context: try tensor("x").channels - columns,
          transformer: transformer, hidden: [7, 7], activation: .tanh, random: random)
        var parameters: [(name: String, parameter: Parameter)] = []
        flow.visitParameters("") { parameters.append((String($0.dropFirst()), $1)) }
        for (name, parameter) in parameters { parameter.set(try tensor(name).elements) }
        return flow
      }
    }
  }

  /// Values, inverse and gradients are the oracle's.
  func check(_ flow: some TapedFlow) throws {
    let x = try tensor("x")
    let (z, logDet, saved) = flow.forward(x)
    #expect(difference(z.elements, try doubles("z")) < 1e-5, "z")
    #expect(difference(logDet, try doubles("log_det")) < 1e-5, "log-det")
    // the inverse of what was rounded to float32 is only as good as the map is flat
    let back = flow.forward(flow.inverse(z)).z
    #expect(Tensor.largestDifference(back, z) < 1e-5, "forward of inverse")
    // an output in float32 stands for all inputs that are rounded to it
    let near = Tensor(z.elements.map { $0 * (1 + 0x1p-22) }, shape: z.shape)
    let blur = Tensor.largestDifference(flow.inverse(near), flow.inverse(z))
    let error = Tensor.largestDifference(flow.inverse(z), x)
    #expect(error < tolerance + blur, "inverse")

    let dx = flow.backward(saved, try tensor("dz"), try doubles("d_log_det").map(Float.init))
    #expect(difference(dx.elements, try doubles("grad.x")) < 1e-4, "gradient of x")
    for (name, gradient) in try named(gradients(of: flow)) {
      #expect(difference(gradient, try doubles("grad." + name)) < 1e-4, "of \(name)")
    }
  }

  /// A flow behind its own inverse is the identity, whatever the parameters: their gradients
  /// cancel, and that of the output goes through as it is.
  func checkTurnedRound(_ flow: some TapedFlow) throws {
    let (dz, d) = (try tensor("dz"), try doubles("d_log_det").map(Float.init))
    let inverted = Inverted(flow)
    let (x, logDet, saved) = inverted.forward(try tensor("z"))
    let (_, back, savedBack) = flow.forward(x)
    #expect(zip(logDet, back).allSatisfy { abs($0 + $1) < 1e-5 }, "log-det")
    let dx = flow.backward(savedBack, dz, d)
    let alone = gradients(of: flow)
    let through = inverted.backward(saved, dx, d)
    // what is left of large terms, where a spline is nearly flat
    let tolerance = name == "spline-autoregressive" ? 1e-2 : 1e-4
    #expect(difference(through.elements, dz.elements.map(Double.init)) < tolerance, "of z")
    for (name, gradient) in gradients(of: flow) {
      let own = alone[name]?.map(Double.init) ?? []
      let error = difference(zip(gradient, own).map { Double($0) + $1 }, own)
      #expect(error < tolerance, "of \(name)")
    }
  }

  private func gradients(of flow: some TapedFlow) -> [String: [Float]] {
    var gradients: [String: [Float]] = [:]
    flow.visitParameters("") { gradients[String($0.dropFirst())] = $1.gradient.elements }
    return gradients
  }

  /// The gradients under the oracle's names.
  private func named(_ gradients: [String: [Float]]) throws -> [String: [Float]] {
    guard name == "gaussian-mixture-cdf", let h = gradients["h"] else { return gradients }
    var parts: [String: [Float]] = [:]
    for (i, part) in ["weights", "means", "log_scales"].enumerated() {
      for c in 0..<columns {
        let first = c * 12 + 4 * i
        parts[part, default: []].append(contentsOf: h[first..<first + 4])
      }
    }
    return parts
  }
}
