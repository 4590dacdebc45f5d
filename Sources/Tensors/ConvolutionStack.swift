import CKernels

/// Three convolutions, the first two followed by a ReLU, the middle one 1×1:
///
///     h1 = first(x), h2 = middle(h1), y = last(h2)
///
/// x: [N, H, W, I]; h1, h2: [N, H, W, F]; y: [N, H, W, O]. In float32 the rows go through all of it
/// in blocks of lines that stay in the cache, forward and backward: first has patches of its input,
/// last of its output. In bfloat16 it is one convolution after the other, as the library has all
/// threads work at such a product; and so it is where there are few rows a thread, as each thread
/// sums a gradient of all weights.
public struct ConvolutionStack {
  /// The convolutions, of one precision.
  public let first, middle, last: Convolution

  /// A stack of these, which share a precision.
  public init(first: Convolution, middle: Convolution, last: Convolution) {
    precondition(first.hasReLU && middle.hasReLU && middle.taps == 1 && !last.hasReLU)
    precondition(first.shared === middle.shared && middle.shared === last.shared)
    precondition(first.outputs == middle.inputs && middle.outputs == last.inputs)
    precondition(!first.patchesOutput && (last.patchesOutput || last.taps == 1))
    (self.first, self.middle, self.last) = (first, middle, last)
  }

  private var width: Int { middle.inputs }

  private func goesInBlocks(_ x: Tensor) -> Bool {
    first.precision == .float32 && x.rows >= Block.size / 2 * ThreadPool.threads
  }

  /// y, and what backward needs of what is between.
  public func forward(_ x: Tensor) -> (y: Tensor, h1: Tensor, h2: Tensor) {
    guard goesInBlocks(x) else {
      let h1 = first.forward(x)
      let h2 = middle.forward(h1)
      return (last.forward(h2), h1, h2)
    }
    precondition(x.channels == first.inputs, "\(x.shape) into \(first.weight.shape)")
    let layers = [first, middle, last].map { convolution in
      let scale = convolution.scale()
      return (
        weight: convolution.foldedWeightTransposed(scale),
        bias: convolution.scaledBias(scale)
      )
    }
    let hidden = Array(x.shape.dropLast()) + [width]
    let (h1, h2) = (Tensor(spread: hidden), Tensor(spread: hidden))
    let z = Tensor(uninitialized: [x.rows, last.taps * last.outputs])
    Block.mapLines(of: x) { blocks in
      let patches = buffer(blocks, x, first.taps * first.inputs)
      for lines in blocks {
        let rows = x.rows(ofLines: lines)
        let (patch, h1, h2) = (patches.rows(0..<rows.count), h1.rows(rows), h2.rows(rows))
        first.setPatches(patch, x, sign: 1, lines: lines)
        h1.setProduct(patch, layers[0].weight)
        h1.addReLU(bias: layers[0].bias)
        h2.setProduct(h1, layers[1].weight)
        h2.addReLU(bias: layers[1].bias)
        z.rows(rows).setProduct(h2, layers[2].weight)
      }
    }
    let y = last.fold(z, sign: 1, like: x, channels: last.outputs)
    y.add(bias: layers[2].bias, relu: false)
    return (y, h1, h2)
  }

  /// dx from dy, which is used up; adds to the parameters' gradients.
  public func backward(_ x: Tensor, _ h1: Tensor, _ h2: Tensor, consuming dy: Tensor) -> Tensor {
    guard goesInBlocks(x) else {
      let dh2 = last.backward(h2, dy, consuming: dy, as: first.precision)
      let dh1 = middle.backward(h1, h2, consuming: dh2, as: first.precision)
      return first.backward(x, h1, consuming: dh1)
    }
    let scales = [first, middle, last].map { $0.scale() }
    let weights = zip([first, middle, last], scales).map { $0.foldedWeight($1) }
    let dPatches = Tensor(uninitialized: [x.rows, first.taps * first.inputs])
    let parts = Block.mapLines(of: x) { blocks in
      backward(blocks, x, h1, h2, dy, weights, dPatches)
    }
    let sums = parts.dropFirst().reduce(parts[0].dBias) { zip($0, $1.dBias).map { $0 + $1 } }
    let dBiases = [Array(sums[..<width]), Array(sums[width...]), dy.columnSums()]
    for (i, convolution) in [first, middle, last].enumerated() {
      let dWeight = parts[0].dWeights[i]
      for part in parts.dropFirst() {
        dWeight.copyRows(of: part.dWeights[i], at: 0, adding: true)
      }
      convolution.unfold(dWeight, dBiases[i].map(Float.init), scales[i])
    }
    return first.fold(dPatches, sign: -1, like: x, channels: first.inputs)
  }

  /// One thread's blocks: the gradients of the scaled weights and the first two biases, summed over
  /// them. Writes those of x's patches.
  private func backward(
    _ blocks: [Range<Int>], _ x: Tensor, _ h1: Tensor, _ h2: Tensor, _ dy: Tensor,
    _ weights: [Tensor], _ dPatches: Tensor
  ) -> (dWeights: [Tensor], dBias: [Double]) {
    let dWeights = weights.map { Tensor(spread: $0.shape) }
    var dBias = [Double](repeating: 0, count: 2 * width)
    var sums = [Float](repeating: 0, count: width)
    let patches = buffer(blocks, x, first.taps * first.inputs)
    let dz = buffer(blocks, x, last.taps * last.outputs)
    let (d1, d2) = (buffer(blocks, x, width), buffer(blocks, x, width))
    for (index, lines) in blocks.enumerated() {
      let rows = x.rows(ofLines: lines)
      let own = 0..<rows.count
      let (patches, dz, d1, d2) = (patches.rows(own), dz.rows(own), d1.rows(own), d2.rows(own))
      let (h1, h2) = (h1.rows(rows), h2.rows(rows))
      last.setPatches(dz, dy, sign: -1, lines: lines)
      dWeights[2].setProduct(dz, transposingA: true, h2, adding: index > 0)
      d2.setProduct(dz, weights[2])
      d2.reluBackward(h2, &sums, adding: &dBias, from: width)
      dWeights[1].setProduct(d2, transposingA: true, h1, adding: index > 0)
      d1.setProduct(d2, weights[1])
      d1.reluBackward(h1, &sums, adding: &dBias, from: 0)
      first.setPatches(patches, x, sign: 1, lines: lines)
      dWeights[0].setProduct(d1, transposingA: true, patches, adding: index > 0)
      dPatches.rows(rows).setProduct(d1, weights[0])
    }
    return (dWeights, dBias)
  }

  /// Rows for the largest of the blocks.
  private func buffer(_ blocks: [Range<Int>], _ x: Tensor, _ channels: Int) -> Tensor {
    Tensor(spread: [(blocks.map(\.count).max() ?? 0) * x.shape[2], channels])
  }
}

// On the thread that calls them.
extension Tensor {
  fileprivate func rows(ofLines lines: Range<Int>) -> Range<Int> {
    lines.lowerBound * shape[2]..<lines.upperBound * shape[2]
  }

  /// max(x + bias, 0), in place.
  fileprivate func addReLU(bias: Tensor) {
    Profile.measure("bias and rectifier") {
      glow_bias(pointer, stride, bias.pointer, true, channels, 0, rows)
    }
  }

  /// Takes this gradient through the rectifier that gave y, in place, and adds its sums over rows
  /// to those from `first` on; `own` is where they are formed.
  fileprivate func reluBackward(
    _ y: Tensor, _ own: inout [Float], adding sums: inout [Double], from first: Int
  ) {
    for c in own.indices { own[c] = 0 }
    Profile.measure("rectifier, backward") {
      glow_relu_backward(pointer, stride, y.pointer, y.stride, &own, channels, 0, rows)
    }
    for c in own.indices { sums[first + c] += Double(own[c]) }
  }
}
