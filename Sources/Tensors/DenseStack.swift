import CKernels

/// Fully connected layers one behind the other, each but the last with an activation:
///
///     h₁ = f(W₁ x + b₁), …, h = W_L h_{L−1} + b_L
///
/// x: [N, I]; h: [N, O]. The rows go through all layers in blocks that stay in the cache, each on
/// one thread, forward and backward. A layer whose outputs see more and more of the inputs, as
/// those of a masked net in the order of their degrees, has only the products that are not zero.
public struct DenseStack {
  /// What follows each layer but the last.
  public enum Activation: String, Codable, CaseIterable, Sendable {
    /// max(x, 0).
    case relu
    /// tanh x.
    case tanh

    var kernel: glow_activation { self == .relu ? glow_activation_relu : glow_activation_tanh }
  }

  /// One layer: its weight as it is multiplied by, [outputs, inputs], and its bias, [outputs].
  public struct Layer {
    let weight, bias: Tensor
    /// The weight transposed, which narrow products forward take at twice the speed.
    private let transposed: Tensor
    /// How many inputs, from the first on, each output sees; never fewer than the output before.
    let extents: [Int32]
    /// Outputs that are multiplied together, and the inputs that the last of them sees.
    let blocks: [(outputs: Range<Int>, inputs: Int)]

    /// A layer in which output o sees the first `extents[o]` inputs; all of them where it is nil.
    public init(weight: Tensor, bias: Tensor, extents: [Int32]? = nil) {
      let (outputs, inputs) = (weight.rows, weight.channels)
      precondition(bias.count == outputs && (extents?.count ?? outputs) == outputs)
      (self.weight, self.bias) = (weight, bias)
      transposed = weight.transposedMatrix()
      guard let extents else {
        self.extents = Array(repeating: Int32(inputs), count: outputs)
        blocks = [(0..<outputs, inputs)]
        return
      }
      self.extents = extents
      // few and wide enough for the product to be worth its call
      let isFull = extents.first == extents.last
      let count = isFull ? 1 : max(1, min(8, outputs / 64, inputs / 16))
      blocks = (0..<count).map { i in
        let range = outputs * i / count..<outputs * (i + 1) / count
        return (range, Int(extents[range.upperBound - 1]))
      }
    }

    var outputs: Int { weight.rows }
    var inputs: Int { weight.channels }

    /// c = a · weightᵀ; on the thread that calls it.
    fileprivate func multiply(_ a: Tensor, into c: Tensor) {
      for (outputs, inputs) in blocks {
        if inputs == 0 {
          c.channels(outputs).clearRows()
        } else {
          c.channels(outputs).setProduct(
            a.channels(0..<inputs), transposed.rows(0..<inputs).channels(outputs))
        }
      }
    }

    /// da = dc · weight.
    fileprivate func multiplyBackward(_ dc: Tensor, into da: Tensor) {
      // the last block's inputs hold all others'
      let most = blocks.last?.inputs ?? 0
      if most < inputs { da.channels(most..<inputs).clearRows() }
      for (index, (outputs, inputs)) in blocks.enumerated().reversed() where inputs > 0 {
        da.channels(0..<inputs).setProduct(
          dc.channels(outputs), weight.rows(outputs).channels(0..<inputs),
          adding: index < blocks.count - 1)
      }
    }

    /// The gradient of the weight, where it is not zero for good: d (+)= dcᵀ · a.
    fileprivate func addWeightGradient(_ dc: Tensor, _ a: Tensor, to d: Tensor, adding: Bool) {
      for (outputs, inputs) in blocks where inputs > 0 {
        d.rows(outputs).channels(0..<inputs).setProduct(
          dc.channels(outputs), transposingA: true, a.channels(0..<inputs), adding: adding)
      }
    }
  }

  /// Its layers, in the order of computing.
  public let layers: [Layer]
  /// What follows each layer but the last.
  public let activation: Activation

  /// A stack of these layers, each with as many inputs as the one before has outputs.
  public init(_ layers: [Layer], activation: Activation) {
    precondition(zip(layers, layers.dropFirst()).allSatisfy { $0.outputs == $1.inputs })
    (self.layers, self.activation) = (layers, activation)
  }

  /// h, and the activations that backward needs.
  public func forward(_ x: Tensor) -> (h: Tensor, kept: [Tensor]) {
    precondition(x.channels == layers[0].inputs, "\(x.shape) into \(layers[0].inputs)")
    let outs = layers.map { Tensor(spread: [x.rows, $0.outputs]) }
    _ = Block.mapRows(x.rows, cost: cost) { blocks in
      for rows in blocks {
        var a = x.rows(rows)
        for (index, layer) in layers.enumerated() {
          let out = outs[index].rows(rows)
          layer.multiply(a, into: out)
          out.activate(layer.bias, kernel(index))
          a = out
        }
      }
    }
    return (outs[outs.count - 1], Array(outs.dropLast()))
  }

  /// The gradients, from that of h: of x where it is wanted, and of each layer's weight, in one
  /// part a thread, and bias.
  func backward(
    _ x: Tensor, _ kept: [Tensor], _ dh: Tensor, wantsInput: Bool, wantsWeights: Bool
  )
    -> (dx: Tensor?, parts: [(dWeights: [Tensor], dBiases: [[Float]])])
  {
    let dx = wantsInput ? Tensor(uninitialized: [x.rows, x.channels]) : nil
    let parts = Block.mapRows(x.rows, cost: 2 * cost) { blocks in
      let dWeights = wantsWeights ? layers.map { Tensor(spread: $0.weight.shape) } : []
      var dBiases = layers.map { [Float](repeating: 0, count: $0.outputs) }
      let size = blocks.map(\.count).max() ?? 0
      let buffers = layers.map { Tensor(spread: [size, $0.outputs]) }
      for (step, rows) in blocks.enumerated() {
        var d = dh.rows(rows)
        for (index, layer) in layers.enumerated().reversed() {
          let a = index > 0 ? kept[index - 1].rows(rows) : x.rows(rows)
          if index == layers.count - 1 {
            d.addColumnSums(to: &dBiases[index])
          } else {
            d.activateBackward(kept[index].rows(rows), &dBiases[index], activation.kernel)
          }
          if wantsWeights {
            layer.addWeightGradient(d, a, to: dWeights[index], adding: step > 0)
          }
          if index > 0 {
            let da = buffers[index - 1].rows(0..<rows.count)
            layer.multiplyBackward(d, into: da)
            d = da
          } else if let dx {
            layer.multiplyBackward(d, into: dx.rows(rows))
          }
        }
      }
      return (dWeights, dBiases)
    }
    return (dx, parts)
  }

  /// Multiply-adds of a row.
  var cost: Int { layers.reduce(0) { $0 + $1.inputs * $1.outputs } }

  private func kernel(_ index: Int) -> glow_activation {
    index < layers.count - 1 ? activation.kernel : glow_activation_none
  }

  /// Outputs `range` of layer `index` for every row of a, written to those columns of `out`; for
  /// the few at a time that a masked net is inverted by. On the thread that calls it.
  func multiply(layer index: Int, _ a: Tensor, outputs range: Range<Int>, into out: Tensor) {
    let layer = layers[index]
    guard !range.isEmpty else { return }
    glow_dense(
      out.pointer + range.lowerBound, out.stride, a.pointer, a.stride,
      layer.weight.pointer + range.lowerBound * layer.weight.stride, layer.weight.stride,
      layer.bias.pointer + range.lowerBound, kernel(index),
      Int(layer.extents[range.upperBound - 1]), range.count, 0, a.rows)
  }
}

// On the thread that calls them.
extension Tensor {
  fileprivate func activate(_ bias: Tensor, _ activation: glow_activation) {
    Profile.measure("activations") {
      glow_activate(pointer, stride, bias.pointer, activation, channels, 0, rows)
    }
  }

  fileprivate func activateBackward(
    _ y: Tensor, _ sums: inout [Float], _ activation: glow_activation
  ) {
    Profile.measure("activations, backward") {
      glow_activate_backward(
        pointer, stride, y.pointer, y.stride, &sums, activation, channels, 0, rows)
    }
  }

  fileprivate func addColumnSums(to sums: inout [Float]) {
    // the gradient itself stays as it is
    glow_activate_backward(
      pointer, stride, pointer, stride, &sums, glow_activation_none, channels, 0, rows)
  }
}
