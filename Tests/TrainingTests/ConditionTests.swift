import Media
import Models
import Tensors
import Testing

@testable import Training

/// A model of images that is told something that its examples come with.
@Suite struct ConditionTests {
  /// Images of noise, of which the two halves are each dark or bright; what is told says which.
  final class Halves: ConditionedExamples {
    let paths = (0..<64).map { "\($0)" }
    let (labels, classes, notes, bad): ([Int]?, [String], [Note], [FileError]) = (nil, [], [], [])
    let isTrue: Bool
    init(told isTrue: Bool) { self.isTrue = isTrue }

    var count: Int { paths.count }
    var windows: [ExampleWindow] {
      paths.indices.map { ExampleWindow(file: $0, start: 0, width: 4) }
    }
    func file(ofExample i: Int) -> Int { i }
    func subset(_ files: [Int]) -> Self { preconditionFailure("all of them") }

    func draw(
      _ i: Int, using generator: inout some RandomNumberGenerator,
      into buffer: UnsafeMutableBufferPointer<Int16>
    ) throws -> ExampleWindow {
      try read(windows[i], into: buffer)
      return windows[i]
    }

    func read(_ window: ExampleWindow, into buffer: UnsafeMutableBufferPointer<Int16>) throws {
      let noise = RandomStream(seed: 1, .samples, window.file)
      for p in buffer.indices {
        let half = p % 4 / 2
        let level = window.file >> half & 1
        buffer[p] = Int16(level * 192) + Int16(noise.words(p).0 % 64)
      }
    }

    /// One number for each of the two by two blocks.
    func condition(of window: ExampleWindow) throws -> [Float] {
      (0..<4).map { Float(window.file >> ($0 % 2) & 1 == 1 ? 1 : 0) }
        .map { isTrue ? $0 : 1 - $0 }
    }
  }

  /// Told, it needs little more than the six bits of the noise; told the wrong thing it is lost.
  @Test func imagesAreToldWhatTheyComeWith() throws {
    var c = GlowConfiguration(
      height: 4, width: 4, channels: 1, levels: 1, steps: 4, hidden: 16, coupling: .affine)
    func bits(told: Bool) throws -> (right: Double, wrong: Double?) {
      c.condition = told ? .init(channels: 1, spacing: 2) : nil
      var options = TrainingOptions()
      (options.batch, options.learningRate, options.warmup) = (16, 5e-3, 10)
      let right = Halves(told: true)
      let trainer = try Trainer(Glow(c), right, options)
      for _ in 0..<150 { try trainer.step() }
      return (
        try Evaluation(of: trainer.glow, on: right).mean,
        told ? try Evaluation(of: trainer.glow, on: Halves(told: false)).mean : nil
      )
    }
    let (told, wrong) = try bits(told: true)
    let untold = try bits(told: false).right
    #expect(told < untold - 0.1, "told \(told), untold \(untold)")
    #expect(try #require(wrong) > told + 1, "told \(told), told the wrong thing \(wrong ?? 0)")
  }

  /// A class, at one place for all of an image, is heard at every pixel.
  @Test func oneNumberIsHeardEverywhere() {
    var c = GlowConfiguration(
      height: 8, width: 8, channels: 1, levels: 2, steps: 1, hidden: 8, coupling: .mixture)
    c.condition = .init(channels: 2, spacing: 1 << 16)
    let glow = Glow(c)
    glow.visitParameters { name, parameter in
      guard parameter.isTrained else { return }
      let noise = RandomStream(seed: 1, .parameters, name.count).normal(parameter.value.shape)
      parameter.set(zip(parameter.value.elements, noise.elements).map { $0 + 0.2 * $1 })
    }
    func sample(_ class: Float) -> [Float] {
      glow.sample(
        0..<1, temperature: 1, condition: Tensor([`class`, 1 - `class`], shape: [1, 1, 1, 2]),
        seed: 2
      ).elements
    }
    let moved = zip(sample(0), sample(1)).count { $0 != $1 }
    #expect(moved == 64, "\(moved) of 64 pixels")
  }
}
