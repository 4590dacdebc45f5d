import CKernels

/// The arithmetic of couplings: a tensor's second half of channels is transformed by what a net has
/// made of the first half. Nothing here knows of nets.
extension Tensor {
  /// z1 = x1, z2 = (x2 + shift) · s with s = sigmoid(logit + 2), and Σ log s per example.
  ///
  /// self, h: [N, H, W, C]; h holds shift and logit in turn.
  public func coupled(by h: Tensor) -> (z: Tensor, logDet: [Double]) {
    precondition(h.shape == shape && h.isContiguous)
    let z = Tensor(uninitialized: shape)
    let logDet = perExample {
      glow_coupling(z.pointer, pointer, stride, h.pointer, channels / 2, $0, $1)
    }
    return (z, logDet)
  }

  /// As `coupled`, with Σ log s of each position, N·H·W of them.
  public func coupledByPosition(by h: Tensor) -> (z: Tensor, logDet: [Double]) {
    precondition(h.shape == shape && h.isContiguous)
    let z = Tensor(uninitialized: shape)
    let logDet = perPosition {
      glow_coupling(z.pointer, pointer, stride, h.pointer, channels / 2, $0, $0 + 1)
    }
    return (z, logDet)
  }

  /// The inverse of `coupled`: x2 = z2 / s − shift.
  public func uncoupled(by h: Tensor) -> Tensor {
    precondition(h.shape == shape && h.isContiguous)
    let x = Tensor(uninitialized: shape)
    forEachRange {
      glow_coupling_inverse(x.pointer, pointer, stride, h.pointer, channels / 2, $0, $1)
    }
    return x
  }

  /// dx and dh from dz and the gradient of the log-det; called on z.
  public func coupledBackward(by h: Tensor, _ dz: Tensor, _ dLogDet: [Float])
    -> (dx: Tensor, dh: Tensor)
  {
    precondition(dz.shape == shape && dz.isContiguous && dLogDet.count == examples)
    let (dx, dh) = (Tensor(uninitialized: shape), Tensor(uninitialized: shape))
    _ = perExample {
      glow_coupling_backward(
        dx.pointer, dh.pointer, dz.pointer, pointer, stride, h.pointer,
        dLogDet[$0 / positions], channels / 2, $0, $1)
      return 0
    }
    return (dx, dh)
  }

  /// z1 = x1, z2 = x2 ± h, where h has half as many channels.
  public func shifted(by h: Tensor, sign: Float) -> Tensor {
    precondition(h.channels * 2 == channels && h.rows == rows && h.isContiguous)
    let z = Tensor(uninitialized: shape)
    forEachRange {
      glow_coupling_additive(z.pointer, pointer, stride, h.pointer, sign, channels / 2, $0, $1)
    }
    return z
  }

  private func forEachRange(_ body: (Int, Int) -> Void) {
    Profile.measure("couplings and densities") {
      ThreadPool.forEach(rows, grain: ThreadPool.grain(channels)) {
        body($0.lowerBound, $0.upperBound)
      }
    }
  }

  /// One value for each of N·H·W positions.
  func perPosition(_ body: (_ row: Int) -> Double) -> [Double] {
    [Double](unsafeUninitializedCapacity: rows) { values, count in
      nonisolated(unsafe) let values = values  // Each row has a place of its own.
      ThreadPool.forEach(rows, grain: ThreadPool.grain(channels)) {
        for r in $0 { values.initializeElement(at: r, to: body(r)) }
      }
      count = rows
    }
  }

  /// One value per example, from all of its rows in order: the same bits for any number of threads.
  func perExample(_ body: (_ begin: Int, _ end: Int) -> Double) -> [Double] {
    let values = UnsafeMutablePointer<Double>.allocate(capacity: max(1, examples))
    defer { values.deallocate() }
    Profile.measure("couplings and densities") {
      ThreadPool.forEach(examples, grain: max(1, ThreadPool.grain(channels) / max(1, positions))) {
        for n in $0 { values[n] = body(n * positions, (n + 1) * positions) }
      }
    }
    return Array(UnsafeBufferPointer(start: values, count: examples))
  }
}
