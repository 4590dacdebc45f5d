import CKernels

/// The layer in bfloat16: its convolutions as such, the gate and the sums between them in float32.
extension GatedLayer {
  func forwardBFloat16(_ h: Tensor, _ skip: Tensor?, _ condition: RowsBetween?) -> (
    h: Tensor?, skip: Tensor, gates: Tensor
  ) {
    let a = dilated.forward(h)
    let none = Tensor(repeating: 0, shape: [2 * width])  // its bias is in a already
    let g = Tensor(spread: h.shape)
    forEachRow(of: h) { rows in
      condition?.add(to: a, rows)
      glow_gate(
        g.pointer + rows.lowerBound * g.stride, g.stride, a.pointer, a.stride, none.pointer, width,
        rows.lowerBound, rows.upperBound)
    }
    let r = output.forward(g)
    let next = r.channels == width ? nil : r.channels(0..<width).sum(h)
    let last = r.channels(r.channels - width..<r.channels)
    return (next, skip.map { last.sum($0) } ?? last, a)
  }

  /// Through the 1×1 convolution and the gate: leaves da in `gates`.
  func outputBackwardBFloat16(_ gates: Tensor, _ dNext: Tensor?, _ dSkip: Tensor) {
    let g = Tensor(spread: dSkip.shape)
    forEachRow(of: g) { rows in
      glow_gated(
        g.pointer + rows.lowerBound * g.stride, g.stride, gates.pointer, gates.stride, width,
        rows.lowerBound, rows.upperBound)
    }
    let dr = Tensor.concatenated([dNext, dSkip].compactMap { $0 })
    let dg = output.backward(g, dr, consuming: dr)
    forEachRow(of: g) { rows in
      var sums = [Double](repeating: 0, count: 2 * width)  // the convolution takes its own
      glow_gate_backward(
        gates.pointer, gates.stride, dg.pointer + rows.lowerBound * dg.stride, dg.stride, &sums,
        width, rows.lowerBound, rows.upperBound)
    }
  }

  /// Through the dilated convolution.
  func dilatedBackwardBFloat16(_ h: Tensor, _ gates: Tensor, _ dNext: Tensor?) -> Tensor {
    let dh = dilated.backward(h, gates, consuming: gates)
    return dNext.map { dh.sum($0) } ?? dh
  }

  private func forEachRow(of h: Tensor, _ body: (Range<Int>) -> Void) {
    Profile.measure("gates") {
      ThreadPool.forEach(h.rows, grain: ThreadPool.grain(2 * width), body)
    }
  }
}

extension Tensor {
  /// The sum of two tensors of the same shape, laid out to be multiplied.
  fileprivate func sum(_ other: Tensor) -> Tensor {
    let out = Tensor(spread: shape)
    out.copyRows(of: self, at: 0, adding: false)
    out.copyRows(of: other, at: 0, adding: true)
    return out
  }
}
