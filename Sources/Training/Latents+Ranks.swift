import Media
import Models
import Tensors

extension Latents {
  /// The stretch of so many examples that a rank encodes: whole batches of them, so that the bits
  /// do not depend on the number of ranks.
  public static func share(
    of count: Int, in glow: Glow, of ranks: any Communicator
  ) -> Range<Int> {
    let size = glow.configuration.medium.isSound ? 1 : Evaluation.batch(glow.configuration)
    let own = ranks.share(of: (count + size - 1) / size)
    return min(count, own.lowerBound * size)..<min(count, own.upperBound * size)
  }

  /// The latents of all examples, from those of each rank's stretch, which may hold none, on rank
  /// 0; nil elsewhere. Throws a `RankFailure`.
  public static func gathered(_ own: Latents?, over ranks: any Communicator) throws -> Latents? {
    guard ranks.size > 1 else { return own }
    let facts = try ranks.all(
      own.map {
        Facts(names: $0.names, frames: $0.frames, levels: $0.levels.count, model: $0.model)
      })
    let tensors = own.map { $0.levels + [$0.condition].compactMap(\.self) }
    guard let all = try ranks.gather(tensors ?? []) else { return nil }
    let parts = zip(facts, all).compactMap { facts, tensors in facts.map { ($0, tensors) } }
    guard let (first, own) = parts.first else { return nil }
    let joined = own.indices.map { index in
      let all = parts.map { $0.1[index] }
      return first.frames == nil
        ? Tensor.concatenatedExamples(all) : Tensor.concatenatedColumns(all)
    }
    return Latents(
      levels: Array(joined[..<first.levels]), names: parts.flatMap { $0.0.names },
      frames: first.frames.map { _ in parts.flatMap { $0.0.frames ?? [] } },
      condition: joined.count > first.levels ? joined[first.levels] : nil, model: first.model)
  }

  private struct Facts: Codable {
    let names: [String]
    let frames: [Int]?
    let levels: Int
    let model: String
  }
}
