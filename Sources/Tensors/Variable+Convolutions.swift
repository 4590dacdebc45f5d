import CKernels

/// What nets of images are made of. A value keeps its shape, [N, H, W, C]; its rows are N·H·W.
extension Variable {
  /// A convolution of this, [N, H, W, O].
  public func convolved(by convolution: Convolution) -> Variable {
    let (x, y) = (value, convolution.forward(value))
    return Variable(y, of: [self], ownsParameters: true) { d, addsToParameters in
      precondition(addsToParameters, "a convolution's gradient is that of its weights as well")
      return [convolution.backward(x, y, consuming: d.contiguous().reshaped(y.shape))]
    }
  }

  /// Gated linear units: of 2·F columns (a, b), a · sigmoid(b). Dauphin et al. (2017), equation 1.
  public func gated() -> Variable {
    let (x, width) = (value, columns / 2)
    precondition(columns % 2 == 0, "\(columns) columns in pairs")
    let out = Tensor(uninitialized: x.shape.dropLast() + [width])
    ThreadPool.forEach(x.rows, grain: ThreadPool.grain(width)) {
      glow_glu(out.pointer, x.pointer, x.stride, width, $0.lowerBound, $0.upperBound)
    }
    return Variable(out, of: [self]) { d, _ in
      let (d, dx) = (d.contiguous(), Tensor(uninitialized: x.shape))
      ThreadPool.forEach(x.rows, grain: ThreadPool.grain(width)) {
        glow_glu_backward(
          dx.pointer, d.pointer, x.pointer, x.stride, width, $0.lowerBound, $0.upperBound)
      }
      return [dx]
    }
  }

  /// Space to depth by 2×2, [N, H/2, W/2, 4·C].
  public func squeezed() -> Variable {
    let z = value.squeezed(by: (2, 2))
    return Variable(z, of: [self]) { d, _ in [d.reshaped(z.shape).unsqueezed(by: (2, 2))] }
  }

  /// Depth to space by 2×2, [N, 2·H, 2·W, C/4]. Shi et al. (2016), section 3.2.
  public func unsqueezed() -> Variable {
    let z = value.unsqueezed(by: (2, 2))
    return Variable(z, of: [self]) { d, _ in [d.reshaped(z.shape).squeezed(by: (2, 2))] }
  }

  /// The first rows and columns of each example, [N, height, width, C].
  public func cropped(height: Int, width: Int) -> Variable {
    let shape = value.shape
    if shape[1] == height, shape[2] == width { return self }
    let z = value.resized(height: height, width: width)
    return Variable(z, of: [self]) { d, _ in
      [d.reshaped(z.shape).resized(height: shape[1], width: shape[2])]
    }
  }
}

extension Tensor {
  /// [N, H, W, C] cut at the right and below, or padded with zeros there, to another height and
  /// width.
  public func resized(height: Int, width: Int) -> Tensor {
    if shape[1] == height, shape[2] == width { return self }
    let out = Tensor(repeating: 0, shape: [shape[0], height, width, channels])
    let (lines, kept) = (min(height, shape[1]), min(width, shape[2]))
    for n in 0..<shape[0] {
      for line in 0..<lines {
        let (to, from) = ((n * height + line) * width, (n * shape[1] + line) * shape[2])
        out.rows(to..<to + kept).copyRows(of: rows(from..<from + kept), at: 0, adding: false)
      }
    }
    return out
  }
}
