import Foundation
import Models
import Tensors
import Testing
import Training

/// The VAE against vectors made by an independent float64 program, at random parameters: images
/// whose sides are odd, halved not at all, once and twice, and tables.
@Suite struct VAEReferenceTests {
  @Test(arguments: [
    "bernoulli-planar", "bernoulli-iaf", "logistic-orthogonal", "gaussian-gaussian",
    "gaussian-householder", "gaussian-triangular", "gaussian-maf", "gaussian-nsf",
  ]) func agrees(_ name: String) throws {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/vae/" + name, ofType: "safetensors"))
    let file = try Safetensors(reading: path)
    func tensor(_ name: String) throws -> Tensor {
      Tensor(try file.floats(name), shape: try #require(file.entries[name]).shape)
    }
    let json = try #require(file.metadata["model"])
    let vae = VAE(try JSONDecoder().decode(VAEConfiguration.self, from: Data(json.utf8)))
    var parameters: [String: Parameter] = [:]
    vae.visitParameters { parameters[$0] = $1 }
    for (name, parameter) in parameters {
      parameter.set(try file.floats("parameters." + name, shape: parameter.shape))
    }
    let (x, noise) = (try tensor("x"), try tensor("noise"))
    let bound = vae.addGradients(
      x, noise: noise, klWeight: 0.5, freeBits: -.infinity, weight: 1 / Float(x.examples))
    for (name, term) in [
      ("log_p_x_given_z", bound.logLikelihood), ("log_p_z", bound.logPrior),
      ("log_q_z", bound.logPosterior),
    ] {
      #expect(difference(term, try file.values(name)) < 1e-5, "\(name)")
    }
    for (name, parameter) in parameters {
      let expected = try file.floats("gradients." + name).map(Double.init)
      #expect(difference(parameter.gradient.elements, expected) < 1e-4, "gradient of \(name)")
    }
    #expect(parameters.count == file.entries.keys.count { $0.hasPrefix("gradients.") })
  }
}
