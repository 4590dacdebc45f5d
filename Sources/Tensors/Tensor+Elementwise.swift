import CKernels

/// What each element becomes.
enum ElementFunction {
  case exp, log, log1p, tanh, sigmoid, softplus, squareRoot, square, reciprocal, relu, sin

  fileprivate var kernel: glow_function {
    switch self {
    case .exp: glow_function_exp
    case .log: glow_function_log
    case .log1p: glow_function_log1p
    case .tanh: glow_function_tanh
    case .sigmoid: glow_function_sigmoid
    case .softplus: glow_function_softplus
    case .squareRoot: glow_function_sqrt
    case .square: glow_function_square
    case .reciprocal: glow_function_reciprocal
    case .relu: glow_function_relu
    case .sin: glow_function_sin
    }
  }
}

/// How two elements become one.
enum ElementOperation {
  case add, subtract, multiply, divide

  fileprivate var kernel: glow_operation {
    switch self {
    case .add: glow_operation_add
    case .subtract: glow_operation_subtract
    case .multiply: glow_operation_multiply
    case .divide: glow_operation_divide
    }
  }
}

/// Arithmetic on matrices of rows × columns, in which an operand of one row, one column or one
/// element is repeated.
extension Tensor {
  private static let grain = 4096

  func mapped(_ function: ElementFunction) -> Tensor {
    let (x, out) = (contiguous(), Tensor(uninitialized: shape))
    ThreadPool.forEach(count, grain: Self.grain) {
      glow_map(function.kernel, out.pointer, x.pointer, $0.lowerBound, $0.upperBound)
    }
    return out
  }

  /// dx from d, where `self` is x and z the function's value.
  func mappedBackward(_ function: ElementFunction, _ d: Tensor, _ z: Tensor) -> Tensor {
    let (x, d, out) = (contiguous(), d.contiguous(), Tensor(uninitialized: shape))
    ThreadPool.forEach(count, grain: Self.grain) {
      glow_map_backward(
        function.kernel, out.pointer, d.pointer, x.pointer, z.pointer, $0.lowerBound,
        $0.upperBound)
    }
    return out
  }

  func combined(_ operation: ElementOperation, _ other: Tensor) -> Tensor {
    let r = rows == 1 ? other.rows : rows
    let c = channels == 1 ? other.channels : channels
    for t in [self, other] {
      precondition(
        (t.rows == r || t.rows == 1) && (t.channels == c || t.channels == 1),
        "\(shape) with \(other.shape)")
    }
    let larger = rows * channels >= other.rows * other.channels ? self : other
    let out = Tensor(uninitialized: larger.count == r * c ? larger.shape : [r, c])
    func steps(_ t: Tensor) -> (stride: Int, step: Int) {
      (t.rows == 1 ? 0 : t.stride, t.channels == 1 && c > 1 ? 0 : 1)
    }
    let (a, b) = (steps(self), steps(other))
    ThreadPool.forEach(r, grain: max(1, Self.grain / max(1, c))) {
      glow_combine(
        operation.kernel, out.pointer, pointer, a.stride, a.step, other.pointer, b.stride, b.step,
        c, $0.lowerBound, $0.upperBound)
    }
    return out
  }

  /// The sum over whatever was repeated to make this of a tensor of that shape.
  func summed(to shape: [Int]) -> Tensor {
    let (r, c) = (shape.dropLast().reduce(1, *), shape[shape.count - 1])
    var sum = self
    if c == 1 && channels > 1 { sum = sum.rowSums() }
    if r == 1 && sum.rows > 1 {
      sum = Tensor(sum.columnSums().map(Float.init), shape: [1, sum.channels])
    }
    return sum.contiguous().reshaped(shape)
  }

  /// Σ over each row, [rows, 1].
  func rowSums() -> Tensor {
    let out = Tensor(uninitialized: [rows, 1])
    ThreadPool.forEach(rows, grain: ThreadPool.grain(channels)) {
      glow_row_sums(out.pointer, pointer, stride, channels, $0.lowerBound, $0.upperBound)
    }
    return out
  }

  /// The transposed matrix, [columns, rows], its rows spread.
  func transposedMatrix() -> Tensor {
    let out = Tensor(spread: [channels, rows])
    ThreadPool.forEach((rows + 31) / 32, grain: max(1, 1024 / max(1, channels))) {
      glow_transpose(
        out.pointer, out.stride, pointer, stride, channels, 32 * $0.lowerBound,
        min(rows, 32 * $0.upperBound))
    }
    return out
  }

  /// These columns in this order, [rows, order.count].
  public func gatheringColumns(_ order: [Int32]) -> Tensor {
    precondition(order.allSatisfy { $0 >= 0 && $0 < channels }, "\(order) of \(channels)")
    let out = Tensor(uninitialized: shape.dropLast() + [order.count])
    order.withUnsafeBufferPointer { order in
      ThreadPool.forEach(rows, grain: ThreadPool.grain(order.count)) {
        glow_gather_columns(
          out.pointer, out.stride, pointer, stride, order.baseAddress, order.count, $0.lowerBound,
          $0.upperBound)
      }
    }
    return out
  }

  /// The adjoint of `gatheringColumns`: column c is added to column order[c] of zeros.
  public func scatteringColumns(_ order: [Int32], into columns: Int) -> Tensor {
    precondition(order.count == channels && order.allSatisfy { $0 >= 0 && $0 < columns })
    let out = Tensor(repeating: 0, shape: shape.dropLast() + [columns])
    order.withUnsafeBufferPointer { order in
      ThreadPool.forEach(rows, grain: ThreadPool.grain(order.count)) {
        glow_scatter_columns(
          out.pointer, out.stride, pointer, stride, order.baseAddress, order.count, $0.lowerBound,
          $0.upperBound)
      }
    }
    return out
  }
}
