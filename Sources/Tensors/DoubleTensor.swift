/// As a tensor, in double and always contiguous: for what passes between couplings where float32
/// would lose too much on the way there and back. It is never trained by and never multiplied by a
/// net, so that only what is invertible is here.
public struct DoubleTensor: Sendable {
  /// The length of each dimension, [N, H, W, C].
  public let shape: [Int]
  /// In row-major order.
  public let elements: [Double]

  /// The same numbers.
  public init(_ x: Tensor) {
    self.init(shape: x.shape) { r, out in
      for c in 0..<x.channels { out[c] = Double(x.pointer[r * x.stride + c]) }
    }
  }

  /// Elements of this shape whose row r `body` writes, rows in parallel.
  init(
    shape: [Int], _ body: (_ r: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) {
    let channels = shape[shape.count - 1]
    let rows = shape.dropLast().reduce(1, *)
    self.shape = shape
    elements = [Double](unsafeUninitializedCapacity: rows * channels) { values, count in
      nonisolated(unsafe) let values = values  // each row has a place of its own
      ThreadPool.forEach(rows, grain: max(1, 1024 / channels)) {
        guard let base = values.baseAddress else { return }
        for r in $0 { body(r, base + r * channels) }
      }
      count = rows * channels
    }
  }

  /// The nearest float32 of each.
  public var rounded: Tensor {
    let out = Tensor(uninitialized: shape)
    ThreadPool.forEach(elements.count, grain: 8192) {
      for i in $0 { out.pointer[i] = Float(elements[i]) }
    }
    return out
  }

  /// The length of the last dimension.
  public var channels: Int { shape[shape.count - 1] }

  /// A tensor of as many rows, of `channels` each, of which `body` makes one from one of these.
  private func mapRows(
    channels count: Int? = nil,
    _ body: (_ row: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) -> Void
  ) -> DoubleTensor {
    elements.withUnsafeBufferPointer { from in
      DoubleTensor(shape: shape.dropLast() + [count ?? channels]) { r, out in
        guard let base = from.baseAddress else { return }
        body(base + r * channels, out)
      }
    }
  }

  /// A copy of some channels.
  package func channels(_ range: Range<Int>) -> DoubleTensor {
    mapRows(channels: range.count) { row, out in
      out.update(from: row + range.lowerBound, count: range.count)
    }
  }

  /// These channels, and behind them those of as many other rows.
  package func beside(_ other: DoubleTensor) -> DoubleTensor {
    precondition(other.shape.dropLast() == shape.dropLast(), "\(shape) beside \(other.shape)")
    return DoubleTensor(shape: shape.dropLast() + [channels + other.channels]) { r, out in
      for c in 0..<channels { out[c] = elements[r * channels + c] }
      for c in 0..<other.channels { out[channels + c] = other.elements[r * other.channels + c] }
    }
  }

  /// z = (x + bias) · scale, per channel.
  package func affine(bias: [Double], scale: [Double]) -> DoubleTensor {
    mapRows { x, z in for c in bias.indices { z[c] = (x[c] + bias[c]) * scale[c] } }
  }

  /// x = z / scale − bias, per channel.
  package func affineInverse(bias: [Double], scale: [Double]) -> DoubleTensor {
    mapRows { z, x in for c in bias.indices { x[c] = z[c] / scale[c] - bias[c] } }
  }

  /// A matrix, [C, C] in row-major order, times the channels of each row.
  package func multiplied(by matrix: [Double]) -> DoubleTensor {
    precondition(matrix.count == channels * channels)
    return matrix.withUnsafeBufferPointer { matrix in
      mapRows { x, z in
        for i in 0..<channels {
          z[i] = (0..<channels).reduce(0) { $0 + matrix[i * channels + $1] * x[$1] }
        }
      }
    }
  }

  /// As `Tensor.squeezed`.
  package func squeezed(by factor: (height: Int, width: Int)) -> DoubleTensor {
    let (fh, fw) = factor
    let (width, blocks) = (shape[2], shape[2] / fw)
    precondition(shape[1] % fh == 0 && width % fw == 0, "\(shape) by \(factor)")
    return DoubleTensor(shape: [shape[0], shape[1] / fh, blocks, channels * fh * fw]) { r, out in
      for place in 0..<fh * fw {
        let (y, x) = (r / blocks * fh + place / fw, r % blocks * fw + place % fw)
        for c in 0..<channels {
          out[c * fh * fw + place] = elements[(y * width + x) * channels + c]
        }
      }
    }
  }

  /// As `Tensor.unsqueezed`.
  package func unsqueezed(by factor: (height: Int, width: Int)) -> DoubleTensor {
    let (fh, fw) = factor
    let (blocks, width) = (shape[2], shape[2] * fw)
    precondition(channels % (fh * fw) == 0, "\(shape) by \(factor)")
    return DoubleTensor(shape: [shape[0], shape[1] * fh, width, channels / (fh * fw)]) { r, out in
      let (y, x) = (r / width, r % width)
      let (block, place) = (y / fh * blocks + x / fw, y % fh * fw + x % fw)
      for c in 0..<channels / (fh * fw) {
        out[c] = elements[block * channels + c * fh * fw + place]
      }
    }
  }
}
