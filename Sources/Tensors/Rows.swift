import CKernels

/// Maps over the rows of a tensor, and sums over them.
extension Tensor {
  /// z = (x + bias) · scale, per channel.
  public func affine(bias: Tensor, scale: Tensor) -> Tensor {
    mapRows { glow_affine($0, pointer, stride, bias.pointer, scale.pointer, channels, $1, $2) }
  }

  /// x = z / scale − bias, per channel.
  public func affineInverse(bias: Tensor, scale: Tensor) -> Tensor {
    mapRows {
      glow_affine_inverse($0, pointer, stride, bias.pointer, scale.pointer, channels, $1, $2)
    }
  }

  /// dx = dz · scale, Σ dx and Σ dx · (x + bias), for z = (x + bias) · scale; called on x.
  public func affineBackward(_ dz: Tensor, bias: Tensor, scale: Tensor)
    -> (dx: Tensor, dBias: [Float], dLogScale: [Float])
  {
    precondition(dz.shape == shape && dz.isContiguous)
    let dx = Tensor(uninitialized: shape)
    let sums = Reduction.sum(rows: rows, columns: 2 * channels) {
      glow_affine_backward(
        dx.pointer, $0, $0 + channels, dz.pointer, pointer, stride, bias.pointer, scale.pointer,
        channels, $1.lowerBound, $1.upperBound)
    }.map(Float.init)
    return (dx, Array(sums[..<channels]), Array(sums[channels...]))
  }

  /// Σ over all rows, per channel.
  public func columnSums() -> [Double] {
    Reduction.sum(rows: rows, columns: channels) {
      glow_column_sums($0, pointer, stride, channels, $1.lowerBound, $1.upperBound)
    }
  }

  /// Mean and standard deviation over all rows, per channel. The deviation is at least 1e-6, so
  /// that a constant channel can be divided by it.
  public func columnMoments() -> (mean: [Double], deviation: [Double]) {
    let mean = columnSums().map { $0 / Double(rows) }
    let center = Tensor(mean.map(Float.init), shape: [channels])
    let squares = Reduction.sum(rows: rows, columns: channels) {
      glow_column_squares(
        $0, pointer, center.pointer, stride, channels, $1.lowerBound, $1.upperBound)
    }
    return (mean, squares.map { max(($0 / Double(rows)).squareRoot(), 1e-6) })
  }

  /// Tensors of the same rows side by side: channels after channels.
  public static func concatenated(_ parts: [Tensor]) -> Tensor {
    let channels = parts.reduce(0) { $0 + $1.channels }
    let out = Tensor(uninitialized: parts[0].shape.dropLast() + [channels])
    var first = 0
    for part in parts {
      out.copyRows(of: part, at: first, adding: false)
      first += part.channels
    }
    return out
  }

  /// These rows with a channel of ones behind their own, in their format.
  public func besideOnes() -> Tensor {
    let out = Tensor(uninitialized: shape.dropLast() + [channels + 1])
    out.copyRows(of: converted(to: .float32), at: 0, adding: false)
    for row in 0..<rows { out.pointer[row * out.stride + channels] = 1 }
    return out.converted(to: precision)
  }

  /// The examples in parts of about `rows` rows, for what would take too much memory at once.
  public func parts(rows: Int = 32768) -> [Tensor] {
    let size = max(1, rows / max(1, positions))
    return Swift.stride(from: 0, to: examples, by: size).map {
      examples($0..<min($0 + size, examples))
    }
  }

  /// What `body` makes of the parts, and of the examples that they are, one behind the other.
  public func mappingParts(_ body: (Tensor, Range<Int>) -> Tensor) -> Tensor {
    var first = 0
    return .concatenatedExamples(
      parts().map { part in
        defer { first += part.examples }
        return body(part, first..<first + part.examples)
      })
  }

  /// Tensors of the same shape but for the first dimension, one behind the other.
  public static func concatenatedExamples(_ parts: [Tensor]) -> Tensor {
    if parts.count == 1 { return parts[0] }
    let out = Tensor(
      uninitialized: [parts.reduce(0) { $0 + $1.examples }] + parts[0].shape.dropFirst())
    var first = 0
    for part in parts {
      out.examples(first..<first + part.examples).copyRows(of: part, at: 0, adding: false)
      first += part.examples
    }
    return out
  }

  /// Some columns, N,1,range.count,C, of a tensor one row high, or all of any; a view where there
  /// is one example.
  public func columns(_ range: Range<Int>) -> Tensor {
    if range == 0..<shape[2] { return self }
    precondition(shape[1] == 1 && range.upperBound <= shape[2], "columns \(range) of \(shape)")
    let parts = (0..<examples).map { n in
      rows(n * positions + range.lowerBound..<n * positions + range.upperBound)
        .reshaped([1, 1, range.count, channels])
    }
    return parts.count == 1 ? parts[0] : .concatenatedExamples(parts)
  }

  /// Tensors one row high, side by side: columns after columns.
  public static func concatenatedColumns(_ parts: [Tensor]) -> Tensor {
    if parts.count == 1 { return parts[0] }
    let (n, width) = (parts[0].examples, parts.reduce(0) { $0 + $1.shape[2] })
    let out = Tensor(uninitialized: [n, 1, width, parts[0].channels])
    for i in 0..<n {
      var first = i * width
      for part in parts {
        let own = part.rows(i * part.positions..<(i + 1) * part.positions)
        out.rows(first..<first + own.rows).copyRows(of: own, at: 0, adding: false)
        first += own.rows
      }
    }
    return out
  }

  /// Copies (or adds) the rows of `part` into the channels from `first` on, in place; only for
  /// tensors that nobody else reads.
  func copyRows(of part: Tensor, at first: Int, adding: Bool) {
    precondition(part.rows == rows && first + part.channels <= channels)
    ThreadPool.forEach(rows, grain: ThreadPool.grain(part.channels)) {
      glow_copy_rows(
        pointer + first, stride, part.pointer, part.stride, adding, part.channels, $0.lowerBound,
        $0.upperBound)
    }
  }

  /// Sets every element to zero, in place; only for tensors that nobody else reads.
  func clearRows() {
    for row in 0..<rows { (pointer + row * stride).update(repeating: 0, count: channels) }
  }

  /// The sum of two tensors of the same shape, the second one possibly with fewer channels.
  public func adding(_ other: Tensor) -> Tensor {
    let out = Tensor.concatenated([self])
    out.copyRows(of: other, at: 0, adding: true)
    return out
  }

  /// Space to depth: [N, H, W, C] to [N, H/fh, W/fw, C·fh·fw], channel = c·fh·fw + dy·fw + dx.
  public func squeezed(by factor: (height: Int, width: Int)) -> Tensor {
    let (fh, fw) = factor
    let (h, w, c) = (shape[1], shape[2], channels)
    precondition(h % fh == 0 && w % fw == 0, "\(shape) by \(factor)")
    let out = Tensor(uninitialized: [shape[0], h / fh, w / fw, c * fh * fw])
    ThreadPool.forEach(shape[0] * (h / fh), grain: 8) {
      glow_squeeze(out.pointer, pointer, stride, h, w, c, fh, fw, $0.lowerBound, $0.upperBound)
    }
    return out
  }

  /// Depth to space, the inverse of `squeezed`.
  public func unsqueezed(by factor: (height: Int, width: Int)) -> Tensor {
    let (fh, fw) = factor
    let (h, w, c) = (shape[1] * fh, shape[2] * fw, channels / (fh * fw))
    precondition(c * fh * fw == channels, "\(shape) by \(factor)")
    let out = Tensor(uninitialized: [shape[0], h, w, c])
    ThreadPool.forEach(shape[0] * shape[1], grain: 8) {
      glow_unsqueeze(out.pointer, pointer, stride, h, w, c, fh, fw, $0.lowerBound, $0.upperBound)
    }
    return out
  }

  /// The largest |a − b|; NaN if any is.
  public static func largestDifference(_ a: Tensor, _ b: Tensor) -> Float {
    precondition(a.count == b.count, "\(a.shape) and \(b.shape)")
    return zip(a.elements, b.elements).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return largest.isNaN || difference <= largest ? largest : difference
    }
  }

  /// False where any element is NaN or infinite.
  public var isFinite: Bool { sumOfSquares.isFinite || elements.allSatisfy(\.isFinite) }

  /// Σ x², in a fixed order.
  public var sumOfSquares: Double {
    let packed = contiguous()
    return Reduction.sum(rows: packed.count, columns: 1, worth: 65536) {
      $0[0] += glow_sum_of_squares(packed.pointer, $1.lowerBound, $1.upperBound)
    }[0]
  }

  /// A contiguous tensor of this shape whose rows begin..<end `body` writes.
  private func mapRows(_ body: (UnsafeMutablePointer<Float>, Int, Int) -> Void) -> Tensor {
    let out = Tensor(uninitialized: shape)
    Profile.measure("actnorm") {
      ThreadPool.forEach(rows, grain: ThreadPool.grain(channels)) {
        body(out.pointer, $0.lowerBound, $0.upperBound)
      }
    }
    return out
  }
}
