import Media
import Models
import Tensors

extension Latents {
  /// The latents of these sounds, of any length, which must have the model's rate and channels.
  /// What a sound lacks to a whole number of the model's units is filled with zeros here, and cut
  /// again.
  public init(of sounds: [Sound], names: [String], in glow: Glow) {
    let c = glow.configuration
    let told = sounds.compactMap { c.conditionTensor(of: $0) }
    let parts = glow.computing(in: .float32) {
      glow.each(of: sounds.map(\.frames)) { n in
        glow.latents(
          of: glow.centered(sounds[n]), labels: glow.anyLabels(1),
          condition: told.isEmpty ? nil : told[n])
      }
    }
    let levels = glow.latentShapes().indices.map { level in
      Tensor.concatenatedColumns(parts.map { $0[level] })
    }
    self.init(
      levels: levels, names: names, frames: sounds.map(\.frames),
      condition: told.isEmpty ? nil : .concatenatedColumns(told), model: glow.fingerprint)
  }

  /// The sounds that the latents of some examples, by default of all, stand for. Throws
  /// `Sampler.NotFinite` if they stand for none.
  public func sounds(_ examples: Range<Int>? = nil, in glow: Glow) throws -> [Sound] {
    let c = glow.configuration
    let frames = frames ?? []
    let places = frames.reduce(into: [0]) {
      $0.append($0[$0.count - 1] + (c.condition?.count(of: $1) ?? 0))
    }
    let chosen = examples ?? frames.indices
    let decoded = glow.computing(in: .float32) {
      glow.each(of: Array(frames[chosen])) { i in
        let n = chosen.lowerBound + i
        let columns = starts[n]..<starts[n + 1]
        return glow.decode(
          levels.enumerated().map { $1.columns(columns.divided(by: 2 << $0)) },
          condition: condition?.columns(places[n]..<places[n + 1]))
      }
    }
    return try zip(chosen, decoded).map { n, x in
      guard x.isFinite else { throw Sampler.NotFinite() }
      return c.sounds(x, frames: frames[n]).sounds[0]
    }
  }
}

extension Glow {
  /// What `body` makes of each of some sounds of so many frames: of one that is no more than a tile
  /// on a thread alone, while others have others; of a longer one on all. Who goes how does not
  /// depend on the others, and so not on which of them a rank has.
  fileprivate func each<R>(of frames: [Int], _ body: (Int) -> R) -> [R] {
    let isShort = frames.map { $0 <= Glow.tile }
    let short = frames.indices.filter { isShort[$0] }
    visitParameters { _ = $1.value }  // none is made by two threads
    var ready = ThreadPool.apart(short.count) { body(short[$0]) }[...]
    return frames.indices.compactMap { isShort[$0] ? ready.popFirst() : body($0) }
  }
}

extension Range<Int> {
  fileprivate func divided(by scale: Int) -> Range<Int> { lowerBound / scale..<upperBound / scale }
}
