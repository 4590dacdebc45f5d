import Foundation
import Media
import Models
import Testing
import Training

/// The verbs on variational autoencoders, of images and of a table.
extension CommandTests {
  private static let small =
    "--latent 3 --flows 2 --batch 10 --evaluate-every 4 --warmup-epochs 2 --threads 1"
  private static let images =
    "--images images --size 9x7 --posterior orthogonal --ortho-vectors 2 --width 4"
  private static let table = "--table t.csv --columns a,b --posterior planar --hidden 8"

  /// Cut in two, a run is the same; its lines have the bound's terms, and its bound lies below the
  /// estimate of log p(x).
  @Test(arguments: [images, table]) func aVAEGoesOnAndIsScored(_ data: String) throws {
    try makeTable()
    let line = "glow vae \(data) \(Self.small)"
    #expect(try run("\(line) --iterations 12 --output whole").status == 0)
    #expect(try run("\(line) --iterations 6 --output cut").status == 0)
    let resumed = try run("glow vae --resume cut --iterations 12 --threads 1")
    #expect(resumed.status == 0 && resumed.output.contains("goes on from step 6"))
    #expect(try metrics("cut").last == metrics("whole").last)
    let scores = try ["cut", "whole"].map {
      try run("glow eval \($0) --held-out --importance-samples 5 --json").output
    }
    #expect(scores[0] == scores[1])
    let score = try json(scores[0])
    let figures = ["elbo", "nll", "log_p_x_given_z", "log_p_z", "log_q_z"].map {
      score[$0] as? Double ?? .nan
    }
    #expect(figures[0] < -figures[1] && score["importance_samples"] as? Int == 5)
    #expect(abs(figures[2] + figures[3] - figures[4] - figures[0]) < 1e-6)
    let text = try String(contentsOfFile: folder + "/whole/metrics.jsonl", encoding: .utf8)
    let terms = ["log_p_x_given_z", "log_p_z", "log_q_z"]
    for key in terms + terms.map({ "validation_" + $0 }) + ["kl_weight"] {
      #expect(text.contains("\"\(key)\":"), "\(key)")
    }
    let changed = try run("glow vae --resume cut --latent 4 --warmup-epochs 3 --posterior iaf")
    #expect(
      changed.status == 64
        && changed.error.contains("changed: --posterior, --latent, --warmup-epochs"),
      "\(changed.error)")
  }

  @Test func latentsOfAVAE() throws {
    try makeTable()
    let table = try run("glow vae \(Self.table) \(Self.small) --iterations 2 --output t")
    #expect(table.status == 0, "\(table.error)")
    #expect(try run("glow sample t --count 7 --output s.csv").status == 0)
    #expect(try read("s.csv").columns == ["a", "b"] && read("s.csv").rows == 7)
    #expect(try run("glow encode t t.csv --output z.npy").status == 0)
    #expect(try run("glow encode t t.csv --output z2.npy --seed 1").status == 0)
    #expect(try read("z.npy").values != read("z2.npy").values, "draws of the posterior")
    #expect(try run("glow decode t z.npy --output back.csv").status == 0)
    #expect(try read("back.csv").columns == ["a", "b"] && read("back.csv").rows == 400)

    // of 32x32 glyphs at another size, one that does not halve twice
    let line = "glow vae \(Self.images) \(Self.small) --iterations 2 --output i"
    let images = try run(line)
    #expect(images.status == 0 && images.output.contains("% of the pixels are 0 or 255"))
    #expect(try run("glow sample i --count 4 --grid grid.png").status == 0)
    #expect(try run("glow encode i images/1 --fit --output l.safetensors").status == 0)
    #expect(try run("glow decode i l.safetensors --output back").status == 0)
    #expect(try PNG.read(folder + "/back/0003.png").image.width == 9)
    let two = "images/1/0003.png images/7/0004.png"
    #expect(try run("glow interpolate i \(two) --fit --output strip.png").status == 0)
    let inspected = try run("glow inspect i").output
    #expect(inspected.contains("Sylvester flows, orthogonal, 2 of them"), "\(inspected)")
    #expect(try json(run("glow inspect i --json").output)["best_bits_per_dim"] != nil)

    for (line, status, reason) in [
      ("glow encode t l.safetensors --output x.csv", 65, "l.safetensors"),
      ("glow decode i z.npy --output x", 65, "z.npy"),
      ("glow eval i --images images --draws 2", 64, "--draws is not for variational"),
      ("glow eval i --table t.csv", 64, "--table is for models of tables"),
      ("glow eval t --images images", 64, "--images is for models of images"),
      ("glow sample i --class 7", 64, "--class is not for variational"),
      ("glow sample t --grid g.png", 64, "--grid is for models of images"),
      ("glow inspect i images/1/0003.png", 64, "files are for models that invert"),
    ] {
      let refused = try run(line)
      #expect(refused.status == status && refused.error.contains(reason), "\(refused.error)")
      #expect(refused.error.split(separator: "\n").count == 1, "\(refused.error)")
    }
  }

  @Test func wordsOfAVAEThatMakeNoSense() throws {
    try makeTable()
    for (options, reason) in [
      ("", "--images DIR or --table TABLE says what to learn"),
      ("--images images --table t.csv", "exclude each other"),
      ("--images images --likelihood gaussian", "gaussian is for tables"),
      ("--table t.csv --likelihood logistic", "logistic is for images"),
      ("--table t.csv --size 8", "--size is for images"),
      ("--images images --columns a", "--columns is for tables"),
      ("--images images --flows 3", "--posterior says which flows"),
      ("--images images --posterior planar --ortho-vectors 3", "orthogonal and householder"),
      ("--images images --posterior gaussian --flows 3", "has none"),
      ("--images images --binarize dynamic --likelihood logistic", "for a bernoulli likelihood"),
      ("--table t.csv --latent 0", "--latent must be 1 to 4096"),
    ] {
      let refused = try run("glow vae \(options)")
      #expect(refused.status == 64 && refused.error.contains(reason), "\(options) \(refused.error)")
    }
    let binary = try run("glow vae --table t.csv --columns a,kind --likelihood bernoulli")
    #expect(binary.status == 65 && binary.error.contains("of 0 and 1 alone"), "\(binary.error)")
  }

  /// A row without a finite figure is named; few draws of a bad posterior are warned of.
  @Test func whatAVAECanNotScore() throws {
    try makeTable()
    let trained = try run("glow vae \(Self.table) \(Self.small) --iterations 2 --output far")
    #expect(trained.status == 0, "\(trained.error)")
    try "a,b\n1,2\n1e30,2\n".write(
      toFile: folder + "/far.csv", atomically: true, encoding: .utf8)
    let far = try run("glow eval far --table far.csv --importance-samples 4")
    #expect(far.status == 65 && far.error.contains("far.csv: row 2: "), "\(far.error)")
    let score = try json(
      run("glow eval far --held-out --importance-samples 4 --json").output)
    let worth = try #require(score["effective_samples"] as? Double)
    #expect(worth >= 1 && worth <= 4 && score["nll_draws_error"] as? Double ?? 0 > 0)
  }
}
