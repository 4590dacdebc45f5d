import Foundation
import Tensors

/// What must be the same on all ranks, or they would train models of their own.
extension Communicator {
  /// Throws a `RankFailure`, on every rank the same, unless all have the weights of rank 0.
  func compare(_ trainer: Trainer) throws {
    guard size > 1 else { return }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    trainer.task.model.visitParameters { $1.addBits(to: &hash) }
    let all = try all(Words(host: host, values: [String(hash, radix: 16)]))
    guard let other = all.indices.first(where: { all[$0].values != all[0].values }) else { return }
    throw RankFailure(
      rank: other, host: all[other].host,
      cause: "its weights are not those of rank 0 on \(all[0].host) at step "
        + "\(trainer.state.iteration)")
  }

  /// Compares what ranks begin with, a name and a value each. Throws a `Disagreement`, on every
  /// rank the same, that names each difference from rank 0.
  public func compare(_ facts: [(name: String, value: String)]) throws {
    guard size > 1 else { return }
    let all = try all(
      Words(host: host, values: facts.flatMap { [$0.name, $0.value] }))
    func values(_ rank: Int) -> [String: String] {
      let words = all[rank].values
      return Dictionary(
        stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) },
        uniquingKeysWith: { first, _ in first })
    }
    let leader = values(0)
    let differences = (1..<size).flatMap { rank in
      let own = values(rank)
      return Set(leader.keys).union(own.keys).sorted().compactMap { name -> String? in
        if own[name] == leader[name] { return nil }
        return "\(name) is \(own[name] ?? "not given") at rank \(rank) on \(all[rank].host) and "
          + "\(leader[name] ?? "not given") at rank 0 on \(all[0].host)"
      }
    }
    if !differences.isEmpty { throw Disagreement(differences: differences) }
  }
}

/// What a rank says of itself.
private struct Words: Codable {
  let host: String
  let values: [String]
}
