import CKernels

/// A layer of WaveNet's residual stack, over sounds:
///
///     a = dilated(h) + condition            1×3, F → 2F; the condition where there is one
///     g = tanh(a[:F]) · sigmoid(a[F:])
///     r = output(g)                         1×1, F → 2F, in the last layer F → F
///     h += r[:F], skip += r[F:]             in the last layer skip += r
///
/// h, skip: [N, 1, T, F]. Padding is zeros. Van den Oord et al. (2016), sections 2.3 to 2.5; not
/// causal here. The rows go through all of it in blocks that stay in the cache.
public struct GatedLayer {
  /// 1×3, F → 2F, and 1×1, F → 2F or, in the last layer, F → F.
  public let dilated, output: Convolution
  private let tapsKept = Cached<Tensor>()

  /// What backward needs, in the same precision: the input, as products take it, and the gates.
  public typealias Saved = (h: Tensor, gates: Tensor)

  /// A layer of these convolutions, which share a precision and have no log scales.
  public init(dilated: Convolution, output: Convolution) {
    precondition(dilated.shared === output.shared)
    precondition(dilated.logScale == nil && output.logScale == nil, "no log scales")
    (self.dilated, self.output) = (dilated, output)
  }

  var width: Int { output.weight.shape[1] }
  var outputs: Int { output.weight.shape[0] }
  private var isLast: Bool { outputs == width }

  /// The next h (nil in the last layer), skip with this layer's part, and what backward needs.
  /// `skip` may be changed in place; nil counts as zeros. `condition` has 2F channels.
  public func forward(_ h: Tensor, adding skip: Tensor?, condition: RowsBetween? = nil) -> (
    h: Tensor?, skip: Tensor, saved: Saved
  ) {
    precondition(
      h.channels == width && h.shape[1] == 1, "\(h.shape) into \(output.weight.shape)")
    if dilated.precision == .bfloat16 { return forwardBFloat16(h, skip, condition) }
    return forwardBlocks(h, skip, condition)
  }

  private func forwardBlocks(_ h: Tensor, _ skip: Tensor?, _ condition: RowsBetween?) -> (
    h: Tensor?, skip: Tensor, saved: Saved
  ) {
    let (taps, matrix) = (taps, output.foldedWeight(output.scale()))
    let dilation = dilated.dilation
    let next = isLast ? nil : Tensor(spread: h.shape)
    let sum = skip ?? Tensor(spread: h.shape)
    let a = Tensor(spread: h.shape.dropLast() + [2 * width])
    let biases = biases
    Block.map(of: h) { blocks in
      let g = Tensor(spread: [Block.size, width])
      let r = Tensor(spread: [Block.size, outputs])
      for block in blocks {
        let rows = block.rows
        for tap in Self.taps {
          guard let (to, from) = block.overlap(tap * dilation) else { continue }
          a.rows(to).setProduct(
            h.rows(from), taps.rows(range(ofTap: tap)), transposingB: true, adding: tap != 0)
        }
        gate(a, biases.gates, g, rows, condition)
        r.rows(0..<rows.count).setProduct(g.rows(0..<rows.count), matrix, transposingB: true)
        addOutput(r, biases.outputs, to: h, next, skip, sum, rows)
      }
    }
    return (next, sum, (h, a))
  }

  /// Both, made before threads ask for them.
  var biases: (gates: Tensor, outputs: Tensor) { (dilated.bias.value, output.bias.value) }

  /// The gates of some rows, in place, and g, in either format.
  func gate(
    _ a: Tensor, _ biases: Tensor, _ g: Tensor, _ rows: Range<Int>, _ condition: RowsBetween?
  ) {
    Profile.measure("gates") {
      condition?.add(to: a, rows)
      glow_gate(
        a.pointer, a.stride, biases.pointer, width, rows.lowerBound, rows.upperBound)
    }
    gated(g, a, rows)
  }

  /// What r is added to, in some rows.
  func addOutput(
    _ r: Tensor, _ biases: Tensor, to h: Tensor, _ next: Tensor?, _ skip: Tensor?, _ sum: Tensor,
    _ rows: Range<Int>
  ) {
    let first = outputs - width
    Profile.measure("gates") {
      if let next {
        glow_residual(
          next.pointer, next.stride, h.pointer, h.stride, r.pointer, r.stride, biases.pointer,
          width, rows.lowerBound, rows.upperBound)
      }
      glow_residual(
        sum.pointer, sum.stride, skip?.pointer, sum.stride, r.pointer + first, r.stride,
        biases.pointer + first, width, rows.lowerBound, rows.upperBound)
    }
  }

  /// dh of this layer's input, given those of its output (nil in the last layer) and of the sum of
  /// skips, and the gradient of the condition's table; adds to the parameters' gradients. `dNext`
  /// and the gates are used up.
  public func backward(
    consuming saved: Saved, _ dNext: Tensor?, _ dSkip: Tensor, condition: RowsBetween? = nil
  ) -> (dh: Tensor, dCondition: Tensor?) {
    let (h, gates) = saved
    precondition(h.precision == dilated.precision, "a backward pass in forward's precision")
    if dilated.precision == .bfloat16 {
      let (da, sums) = outputBackwardBFloat16(gates, dNext, dSkip)
      let dCondition = Profile.measure("gates") { condition?.backward(gates) }
      return (dilatedBackwardBFloat16(h, da, sums, dNext), dCondition)
    }
    outputBackward(gates, dNext, dSkip)
    let dCondition = Profile.measure("gates") { condition?.backward(gates) }
    return (dilatedBackward(h, gates, dNext), dCondition)
  }

  /// Through the 1×1 convolution and the gate: leaves da in `gates`.
  private func outputBackward(_ gates: Tensor, _ dNext: Tensor?, _ dSkip: Tensor) {
    let scale = output.scale()
    let matrix = output.foldedWeight(scale)
    let parts = Block.map(of: gates) { blocks in
      let (g, dg) = (Tensor(spread: [Block.size, width]), Tensor(spread: [Block.size, width]))
      let dOutput = Tensor(spread: [outputs, width])
      var sums = [Double](repeating: 0, count: outputs + 2 * width)
      for (index, block) in blocks.enumerated() {
        let rows = block.rows
        let (g, dg) = (g.rows(0..<rows.count), dg.rows(0..<rows.count))
        gated(g, gates, rows)
        var first = 0
        for dr in [dNext, dSkip].compactMap({ $0?.rows(rows) }) {
          let range = first..<first + width
          dg.setProduct(dr, matrix.rows(range), adding: first > 0)
          dOutput.rows(range).setProduct(dr, transposingA: true, g, adding: index > 0)
          add(dr, to: &sums, from: first)
          first += width
        }
        gateBackward(gates, dg, &sums, rows)
      }
      return (dOutput, sums)
    }
    for (dOutput, sums) in parts {
      output.unfold(dOutput, sums[..<outputs].map(Float.init), scale)
      dilated.bias.accumulate(sums[outputs...].map(Float.init))
    }
  }

  /// g of some rows, in either format.
  func gated(_ g: Tensor, _ gates: Tensor, _ rows: Range<Int>) {
    Profile.measure("gates") {
      switch g.precision {
      case .float32:
        glow_gated(
          g.pointer, g.stride, gates.pointer, gates.stride, width, rows.lowerBound,
          rows.upperBound)
      case .bfloat16:
        glow_gated_bfloat16(
          g.narrowPointer, g.stride, gates.pointer, gates.stride, width, rows.lowerBound,
          rows.upperBound)
      }
    }
  }

  /// Adds the sums over rows of a gradient to those from `first` on.
  func add(_ d: Tensor, to sums: inout [Double], from first: Int) {
    sums.withUnsafeMutableBufferPointer {
      glow_column_sums(
        $0.baseAddress.map { $0 + first }, d.pointer, d.stride, width, 0, d.rows)
    }
  }

  /// Turns the gates of some rows into da, once more in bfloat16 where asked, and adds its sums to
  /// those behind the outputs'.
  func gateBackward(
    _ gates: Tensor, _ dg: Tensor, _ sums: inout [Double], _ rows: Range<Int>,
    narrow: Tensor? = nil
  ) {
    Profile.measure("gates") {
      sums.withUnsafeMutableBufferPointer {
        glow_gate_backward(
          gates.pointer, gates.stride, narrow?.narrowPointer, narrow?.stride ?? 0, dg.pointer,
          dg.stride, $0.baseAddress.map { $0 + outputs }, width, rows.lowerBound,
          rows.upperBound)
      }
    }
  }

  /// Through the dilated convolution.
  private func dilatedBackward(_ h: Tensor, _ da: Tensor, _ dNext: Tensor?) -> Tensor {
    let (taps, dilation) = (taps, dilated.dilation)
    let dh = dNext ?? Tensor(spread: h.shape)
    let parts = Block.map(of: h) { blocks in
      let dTaps = Tensor(spread: [3 * 2 * width, width])
      var isStarted = [false, false, false]
      for block in blocks {
        for tap in Self.taps {
          let weight = taps.rows(range(ofTap: tap))
          if let (to, from) = block.overlap(-tap * dilation) {
            dh.rows(to).setProduct(da.rows(from), weight, adding: tap != 0 || dNext != nil)
          }
          if let (to, from) = block.overlap(tap * dilation) {
            dTaps.rows(range(ofTap: tap)).setProduct(
              da.rows(to), transposingA: true, h.rows(from), adding: isStarted[tap + 1])
            isStarted[tap + 1] = true
          }
        }
      }
      for tap in Self.taps where !isStarted[tap + 1] { dTaps.rows(range(ofTap: tap)).clearRows() }
      return dTaps
    }
    let ones = Tensor(repeating: 1, shape: [2 * width])
    let dot = Tensor(uninitialized: [2 * width])
    for dTaps in parts {
      glow_unfold_weight(
        dilated.weight.gradient.pointer, dot.pointer, dTaps.pointer, dTaps.stride,
        dilated.weight.value.pointer, ones.pointer, 2 * width, width, 3, true, 0, 2 * width)
    }
    return dh
  }

  /// The taps in the order in which they are added up: the middle one reaches every row.
  private static let taps = [0, -1, 1]

  private func range(ofTap tap: Int) -> Range<Int> {
    (tap + 1) * 2 * width..<(tap + 2) * 2 * width
  }

  /// As `taps`, in bfloat16, once a step.
  var narrowTaps: Tensor { tapsKept.value(of: [dilated.weight]) { taps(as: .bfloat16) } }

  private var taps: Tensor { taps(as: .float32) }

  /// The dilated weights tap by tap, [3·2F, F].
  private func taps(as precision: Precision) -> Tensor {
    let out = Tensor(spread: [3 * 2 * width, width], as: precision)
    out.fold(dilated.weight.value, dilated.scale(), kernelFirst: true)
    return out
  }
}
