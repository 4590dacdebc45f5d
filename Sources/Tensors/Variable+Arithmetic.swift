/// Element by element, each operation with its derivative; operands of one row, one column or one
/// element are repeated.
extension Variable {
  private func map(_ function: ElementFunction) -> Variable {
    let z = value.mapped(function)
    return Variable(z, of: [self]) { [value] d, _ in [value.mappedBackward(function, d, z)] }
  }

  /// eˣ
  public func exp() -> Variable { map(.exp) }
  /// The natural logarithm of x.
  public func log() -> Variable { map(.log) }
  /// log(1 + x)
  public func log1p() -> Variable { map(.log1p) }
  /// tanh x
  public func tanh() -> Variable { map(.tanh) }
  /// 1 / (1 + exp(−x))
  public func sigmoid() -> Variable { map(.sigmoid) }
  /// log(1 + exp(x))
  public func softplus() -> Variable { map(.softplus) }
  /// √x
  public func squareRoot() -> Variable { map(.squareRoot) }
  /// x²
  public func square() -> Variable { map(.square) }
  /// 1 / x
  public func reciprocal() -> Variable { map(.reciprocal) }
  /// sin x, of radians.
  public func sin() -> Variable { map(.sin) }
  /// max(x, 0)
  public func relu() -> Variable { map(.relu) }

  /// a + b, element by element.
  public static func + (a: Variable, b: Variable) -> Variable {
    Variable(a.value.combined(.add, b.value), of: [a, b]) { [a = a.value, b = b.value] d, _ in
      [d.summed(to: a.shape), d.summed(to: b.shape)]
    }
  }

  /// a − b, element by element.
  public static func - (a: Variable, b: Variable) -> Variable {
    Variable(a.value.combined(.subtract, b.value), of: [a, b]) { [a = a.value, b = b.value] d, _ in
      [d.summed(to: a.shape), d.combined(.multiply, .number(-1)).summed(to: b.shape)]
    }
  }

  /// a · b, element by element.
  public static func * (a: Variable, b: Variable) -> Variable {
    Variable(a.value.combined(.multiply, b.value), of: [a, b]) { [wanted = (a, b)] d, _ in
      let (a, b) = wanted
      return [
        a.isTracked ? d.combined(.multiply, b.value).summed(to: a.value.shape) : nil,
        b.isTracked ? d.combined(.multiply, a.value).summed(to: b.value.shape) : nil,
      ]
    }
  }

  /// a / b, element by element.
  public static func / (a: Variable, b: Variable) -> Variable {
    let z = a.value.combined(.divide, b.value)
    return Variable(z, of: [a, b]) { [wanted = (a, b)] d, _ in
      let (a, b) = wanted
      let da = d.combined(.divide, b.value)
      return [
        a.isTracked ? da.summed(to: a.value.shape) : nil,
        b.isTracked
          ? da.combined(.multiply, z).combined(.multiply, .number(-1)).summed(to: b.value.shape)
          : nil,
      ]
    }
  }

  /// a + b, element by element.
  public static func + (a: Variable, b: Float) -> Variable { a + Variable(b) }
  /// a − b, element by element.
  public static func - (a: Variable, b: Float) -> Variable { a - Variable(b) }
  /// a · b, element by element.
  public static func * (a: Variable, b: Float) -> Variable { a * Variable(b) }
  /// a / b, element by element.
  public static func / (a: Variable, b: Float) -> Variable { a / Variable(b) }
  /// a + b, element by element.
  public static func + (a: Float, b: Variable) -> Variable { Variable(a) + b }
  /// a − b, element by element.
  public static func - (a: Float, b: Variable) -> Variable { Variable(a) - b }
  /// a · b, element by element.
  public static func * (a: Float, b: Variable) -> Variable { Variable(a) * b }
  /// a / b, element by element.
  public static func / (a: Float, b: Variable) -> Variable { Variable(a) / b }
  /// −a, element by element.
  public static prefix func - (a: Variable) -> Variable { Variable(-1) * a }
}

extension Tensor {
  fileprivate static func number(_ value: Float) -> Tensor { Tensor([value], shape: [1, 1]) }
}
