import Foundation
import Tensors

/// Results on their way to rank 0.
extension Communicator {
  /// Sends tensors, their shapes ahead.
  func send(_ tensors: [Tensor], to rank: Int) throws {
    try send(JSONEncoder().encode(tensors.map(\.shape)), to: rank)
    for tensor in tensors {
      try send(tensor.elements.withUnsafeBytes { Data($0) }, to: rank)
    }
  }

  /// Receives what was sent so.
  func receiveTensors(from rank: Int) throws -> [Tensor] {
    try JSONDecoder().decode([[Int]].self, from: receive(from: rank)).map { shape in
      let bytes = try receive(from: rank)
      return Tensor(
        bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }, shape: shape)
    }
  }

  /// The tensors of all ranks, in their order, on rank 0; nil elsewhere.
  func gather(_ own: [Tensor]) throws -> [[Tensor]]? {
    guard isLeader else {
      try send(own, to: 0)
      return nil
    }
    return try [own] + (1..<size).map { try receiveTensors(from: $0) }
  }
}
