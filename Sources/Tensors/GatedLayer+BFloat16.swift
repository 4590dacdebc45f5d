import CKernels

/// The layer in bfloat16: what a product takes is rounded, and all else is float32. The rows go
/// through all of it in blocks as well, larger ones, as a product has to be worth its call; the
/// gradients of the weights are one product each, of all rows.
extension GatedLayer {
  /// Rows of a block.
  private static let block = 256

  func forwardBFloat16(_ h: Tensor, _ skip: Tensor?, _ condition: RowsBetween?) -> (
    h: Tensor?, skip: Tensor, saved: Saved
  ) {
    let (taps, matrix) = (dilated.operandWeight(), output.operandWeight())
    let (narrow, biases) = (h.converted(to: .bfloat16), biases)
    let next = outputs == width ? nil : Tensor(spread: h.shape)
    let sum = skip ?? Tensor(spread: h.shape)
    let a = Tensor(spread: h.shape.dropLast() + [2 * width], of: .bfloat16)
    Block.map(of: h, size: Self.block) { blocks in
      let patches = Tensor(spread: [Self.block, 3 * width], as: .bfloat16)
      let g = Tensor(spread: [Self.block, width], as: .bfloat16)
      let r = Tensor(spread: [Self.block, outputs], of: .bfloat16)
      for block in blocks {
        let own = 0..<block.rows.count
        setPatches(patches, narrow, block, sign: 1)
        a.rows(block.rows).setNarrowProduct(patches.rows(own), taps, transposingB: true)
        gate(a, biases.gates, g, block.rows, condition)
        r.rows(own).setNarrowProduct(g.rows(own), matrix, transposingB: true)
        addOutput(r, biases.outputs, to: h, next, skip, sum, block.rows)
      }
    }
    return (next, sum, (narrow, a))
  }

  /// Through the 1×1 convolution and the gate: leaves da in `gates`. da again, as products take it,
  /// and its sums over rows.
  func outputBackwardBFloat16(_ gates: Tensor, _ dNext: Tensor?, _ dSkip: Tensor)
    -> (da: Tensor, sums: [Float])
  {
    let matrix = output.operandWeight()
    let g = Tensor(spread: dSkip.shape, as: .bfloat16)
    let dr = Tensor(spread: dSkip.shape.dropLast() + [outputs], as: .bfloat16)
    let da = Tensor(spread: gates.shape, as: .bfloat16)
    let parts = Block.map(of: gates, size: Self.block) { blocks in
      let dg = Tensor(spread: [Self.block, width], of: .bfloat16)
      var sums = [Double](repeating: 0, count: outputs + 2 * width)
      for block in blocks {
        let (rows, own) = (block.rows, 0..<block.rows.count)
        gated(g.rows(rows), gates, rows)
        var first = 0
        for d in [dNext, dSkip].compactMap({ $0?.rows(rows) }) {
          dr.rows(rows).channels(first..<first + width)
            .set(narrowing: d, addingTo: &sums, from: first)
          first += width
        }
        dg.rows(own).setNarrowProduct(dr.rows(rows), matrix)
        gateBackward(gates, dg, &sums, rows, narrow: da)
      }
      return sums
    }
    var total = parts[0]
    for part in parts[1...] { for i in total.indices { total[i] += part[i] } }
    let sums = total.map(Float.init)
    output.unfold(
      .product(dr, transposingA: true, g), Array(sums[..<outputs]), output.scale())
    return (da, Array(sums[outputs...]))
  }

  /// Through the dilated convolution.
  func dilatedBackwardBFloat16(_ h: Tensor, _ da: Tensor, _ sums: [Float], _ dNext: Tensor?)
    -> Tensor
  {
    dilated.addGradients(h, narrow: da, sums: sums)
    let taps = narrowTaps
    let dh = dNext ?? Tensor(spread: h.shape)
    let none = Tensor(repeating: 0, shape: [width])
    Block.map(of: h, size: Self.block) { blocks in
      let patches = Tensor(spread: [Self.block, 3 * 2 * width], as: .bfloat16)
      let own = Tensor(spread: [Self.block, width], of: .bfloat16)
      for block in blocks {
        setPatches(patches, da, block, sign: -1)
        let d = own.rows(0..<block.rows.count)
        d.setNarrowProduct(patches.rows(0..<block.rows.count), taps)
        Profile.measure("gates") {
          glow_residual(
            dh.pointer, dh.stride, dNext?.pointer, dh.stride, d.pointer, d.stride, none.pointer,
            width, block.rows.lowerBound, block.rows.upperBound)
        }
      }
    }
    return dh
  }

  /// The rows that the taps of a block's rows see, side by side; zeros beyond the example. Sign −1
  /// looks the other way.
  private func setPatches(_ out: Tensor, _ x: Tensor, _ block: Block, sign: Int) {
    Profile.measure("patches") {
      glow_taps_bfloat16(
        out.narrowPointer, out.stride, x.narrowPointer, x.stride, x.channels,
        sign * dilated.dilation, block.example.lowerBound, block.example.upperBound,
        block.rows.lowerBound, block.rows.upperBound)
    }
  }
}
