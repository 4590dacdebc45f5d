import Media
import Models
import Tensors

extension Evaluation {
  /// Writes what was scored, and the outcome, for another program to check: `pixels` uint8 or
  /// `samples` int16, and `noise` float32, N,H,W,C; `bits_per_dim` float64 N; with classes `labels`
  /// int32 N, and `condition` float32 N,1,F,B, of images N,Fh,Fw,B, of a model that is told
  /// something. The bits and the precision that was computed in stand in the metadata. All windows
  /// must have one width.
  ///
  /// Throws a `FileError` if the file can't be written.
  public static func write(
    _ scored: [Scored], _ c: GlowConfiguration, _ precision: Precision, to path: String
  ) throws {
    let bits = scored.flatMap(\.bitsPerDimension)
    let samples = scored.flatMap(\.samples)
    let shape = [bits.count, c.height, scored.first?.width ?? c.width, c.channels]
    var records = [
      TensorRecord("bits_per_dim", shape: [bits.count], bits),
      TensorRecord("noise", shape: shape, scored.flatMap(\.noise.elements)),
    ]
    let told = scored.compactMap(\.condition)
    if let first = told.first {
      records.append(
        TensorRecord(
          "condition", shape: [bits.count] + first.shape.dropFirst(), told.flatMap(\.elements)))
    }
    if !c.classes.isEmpty {
      let labels = scored.flatMap { $0.labels ?? [] }.map { Int32($0) }
      records.append(TensorRecord("labels", shape: [labels.count], labels))
    }
    // the narrowest type last, so that every tensor is aligned
    switch c.medium {
    case .images: records.append(TensorRecord("pixels", shape: shape, samples.map { UInt8($0) }))
    case .sound: records.append(TensorRecord("samples", shape: shape, samples))
    }
    try Safetensors.write(
      to: path, metadata: ["bits": "\(c.bits)", "precision": precision.rawValue],
      tensors: records)
  }
}
