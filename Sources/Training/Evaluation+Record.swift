import Flows
import Media
import Tensors

extension Evaluation {
  /// Writes what was scored, and the outcome, for another program to check: `pixels` uint8 and
  /// `noise` float32, both N,H,W,C, `bits_per_dim` float64 N and, with classes, `labels` int32 N.
  ///
  /// Throws a `FileError` if the file can't be written.
  public func write(_ scored: [Scored], _ c: GlowConfiguration, to path: String) throws {
    let shape = [bitsPerDimension.count, c.height, c.width, c.channels]
    var records = [
      TensorRecord("pixels", shape: shape, scored.flatMap(\.pixels)),
      TensorRecord("noise", shape: shape, scored.flatMap(\.noise.elements)),
      TensorRecord("bits_per_dim", shape: [bitsPerDimension.count], bitsPerDimension),
    ]
    if !c.classes.isEmpty {
      let labels = scored.flatMap { $0.labels ?? [] }.map { Int32($0) }
      records.append(TensorRecord("labels", shape: [labels.count], labels))
    }
    // the wider types first, so that every tensor is aligned
    records.sort { $0.dtype.byteSize > $1.dtype.byteSize }
    try Safetensors.write(to: path, metadata: ["bits": "\(c.bits)"], tensors: records)
  }
}
