import CKernels

/// The weights of fully connected layers as parameters, some of their entries held at zero so that
/// outputs see some inputs only, and the stack that multiplies by them.
///
/// Inputs and units have degrees; a hidden unit sees what has a degree up to its own, an output of
/// degree i what has one below i. Units are multiplied in the order of their degrees, in which the
/// zeros lie together and cost nothing. Germain et al. (2015), section 4.
public final class MaskedStack {
  /// The weights, [outputs, inputs], and biases, in the order that they were given in.
  public let weights, biases: [Parameter]
  /// Of the inputs, then of each layer's outputs.
  public let degrees: [[Int]]
  private let activation: DenseStack.Activation
  /// The order of rising degrees, for the inputs and each layer's outputs.
  private let orders: [[Int32]]
  private let extents: [[Int32]]
  /// Whether the inputs and the outputs were given in that order, so that nothing has to be moved.
  private let inputsAreSorted, outputsAreSorted: Bool
  private let cached = Cached<DenseStack>()

  /// Layers with these parameters; `degrees` has one list for the inputs and one for each layer.
  public init(
    weights: [Parameter], biases: [Parameter], degrees: [[Int]], activation: DenseStack.Activation
  ) {
    precondition(weights.count == biases.count && degrees.count == weights.count + 1)
    (self.weights, self.biases, self.degrees) = (weights, biases, degrees)
    self.activation = activation
    let orders = degrees.map { degrees in
      degrees.indices.sorted { (degrees[$0], $0) < (degrees[$1], $1) }
    }
    extents = weights.indices.map { layer in
      let (inputs, isLast) = (degrees[layer], layer == weights.count - 1)
      precondition(weights[layer].shape == [degrees[layer + 1].count, inputs.count])
      let sorted = inputs.sorted()
      var seen = 0
      return orders[layer + 1].map { output in
        let own = degrees[layer + 1][output]
        while seen < sorted.count, isLast ? sorted[seen] < own : sorted[seen] <= own { seen += 1 }
        return Int32(seen)
      }
    }
    self.orders = orders.map { $0.map(Int32.init) }
    inputsAreSorted = orders[0] == Array(orders[0].indices)
    outputsAreSorted = orders[weights.count] == Array(orders[weights.count].indices)
  }

  /// The layers in the order of degrees.
  var stack: DenseStack {
    cached.value(of: weights + biases) {
      DenseStack(
        weights.indices.map { layer in
          let weight = weights[layer].value
          let arranged = Tensor(spread: weight.shape)
          arrange(layer) { rows, columns, extents, range in
            glow_arrange_weight(
              arranged.pointer, arranged.stride, weight.pointer, weight.channels, rows, columns,
              extents, range.lowerBound, range.upperBound)
          }
          let bias = biases[layer].value.reshaped([1, weight.rows])
            .gatheringColumns(orders[layer + 1])
          return DenseStack.Layer(weight: arranged, bias: bias, extents: extents[layer])
        }, activation: activation)
    }
  }

  private func arrange(
    _ layer: Int,
    _ body: (UnsafePointer<Int32>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?, Range<Int>) ->
      Void
  ) {
    orders[layer + 1].withUnsafeBufferPointer { rows in
      orders[layer].withUnsafeBufferPointer { columns in
        extents[layer].withUnsafeBufferPointer { extents in
          ThreadPool.forEach(rows.count, grain: ThreadPool.grain(columns.count)) {
            body(rows.baseAddress, columns.baseAddress, extents.baseAddress, $0)
          }
        }
      }
    }
  }

  /// h, [N, O], as a node of the tape; gradients are added to the parameters'.
  public func forward(_ x: Variable) -> Variable {
    let stack = stack
    let (first, last) = (orders[0], orders[orders.count - 1])
    let input = inputsAreSorted ? x.value : x.value.gatheringColumns(first)
    let (out, kept) = stack.forward(input)
    let h = outputsAreSorted ? out : out.scatteringColumns(last, into: last.count)
    return Variable(h, of: [x], ownsParameters: true) { [self] d, addsToParameters in
      let dOut = outputsAreSorted ? d : d.gatheringColumns(last)
      let (dx, parts) = stack.backward(
        input, kept, dOut, wantsInput: x.isTracked, wantsWeights: addsToParameters)
      if addsToParameters { for part in parts { add(part.dWeights, part.dBiases) } }
      return [dx.map { inputsAreSorted ? $0 : $0.scatteringColumns(first, into: first.count) }]
    }
  }

  private func add(_ dWeights: [Tensor], _ dBiases: [[Float]]) {
    for layer in weights.indices {
      let (gradient, d) = (weights[layer].gradient, dWeights[layer])
      arrange(layer) { rows, columns, extents, range in
        glow_disarrange_gradient(
          gradient.pointer, d.pointer, d.stride, d.channels, rows, columns, extents,
          range.lowerBound, range.upperBound)
      }
      var dBias = dBiases[layer]
      for (place, unit) in orders[layer + 1].enumerated() {
        dBias[Int(unit)] = dBiases[layer][place]
      }
      biases[layer].accumulate(dBias)
    }
  }

  /// Solves for the inputs of the degrees 1, 2, … one after the other, each from the outputs of its
  /// degree, which depend on those before it alone:
  ///
  ///     x[:, i] = solve(i, h[:, outputs of degree i])
  ///
  /// `x` holds the inputs of degree 0, in columns of their own, and receives the others, in the
  /// order of degrees; the outputs of a degree must be consecutive. Each unit is computed once, so
  /// that the whole costs about as much as one pass. In parallel over blocks of rows.
  public func solve(
    _ x: Tensor, _ solve: (_ degree: Int, _ h: Tensor, _ rows: Range<Int>, _ x: Tensor) -> Void
  ) -> Tensor {
    let stack = stack
    let inputs = degrees[0].sorted()
    let given = inputs.count { $0 == 0 }
    let out = inputsAreSorted ? x.copy() : x.gatheringColumns(orders[0])
    let ranges = degrees.dropFirst().map { Self.ranges(of: $0.sorted()) }
    _ = Block.mapRows(x.rows, cost: stack.cost) { blocks in
      let size = blocks.map(\.count).max() ?? 0
      let buffers = stack.layers.map { Tensor(spread: [size, $0.outputs]) }
      for rows in blocks {
        let known = out.rows(rows)
        let hidden = buffers.map { $0.rows(0..<rows.count) }
        for degree in 0...(inputs.count - given) {
          // the outputs of this degree see hidden units of lower ones, which are there by now
          if degree > 0, let range = ranges[ranges.count - 1][degree] {
            stack.multiply(
              layer: hidden.count - 1, hidden.count > 1 ? hidden[hidden.count - 2] : known,
              outputs: range, into: hidden[hidden.count - 1])
            let column = given + degree - 1
            solve(
              degree, hidden[hidden.count - 1].channels(range), rows,
              known.channels(column..<column + 1))
          }
          for layer in 0..<hidden.count - 1 {
            guard let range = ranges[layer][degree] else { continue }
            stack.multiply(
              layer: layer, layer > 0 ? hidden[layer - 1] : known, outputs: range,
              into: hidden[layer])
          }
        }
      }
    }
    return inputsAreSorted ? out : out.scatteringColumns(orders[0], into: out.channels)
  }

  /// Where each degree stands among sorted ones.
  private static func ranges(of sorted: [Int]) -> [Int: Range<Int>] {
    var ranges: [Int: Range<Int>] = [:]
    for (i, degree) in sorted.enumerated() {
      ranges[degree] = (ranges[degree]?.lowerBound ?? i)..<i + 1
    }
    return ranges
  }
}

extension Tensor {
  /// The same elements in memory of their own.
  fileprivate func copy() -> Tensor { .concatenated([self]) }
}
