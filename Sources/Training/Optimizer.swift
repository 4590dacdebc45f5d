import Tensors

/// Adam, Adamax or Muon over parameters, with a moving average of the weights.
///
///     average ← average + (1 − d)·(weight − average),  d = min(averageDecay, (1 + t)/(10 + t))
///
/// so that the average forgets the first weights soon. Muon moves what is between hidden units, Adam
/// the rest. Kingma & Ba (2015); Jordan et al. (2024).
public final class Optimizer {
  /// A trained parameter and what is kept about it.
  public struct Slot {
    /// The parameter's name in a checkpoint.
    public let name: String
    let parameter, first, ema: Parameter
    /// Nil where Muon, which has one moment, moves the parameter.
    let second: Parameter?
  }

  /// The trained parameters in the order that they were visited in.
  public let slots: [Slot]
  private let options: TrainingOptions

  /// A fresh optimizer of what `visitParameters` visits, a model's or any; the averages begin at
  /// the weights as they are now.
  public init(
    _ options: TrainingOptions,
    visiting visitParameters: (_ body: (String, Parameter) -> Void) -> Void
  ) {
    var slots: [Slot] = []
    visitParameters { name, parameter in
      guard parameter.isTrained else { return }
      func slot(_ value: Tensor) -> Parameter { Parameter(value, isTrained: false) }
      let zeros = Tensor(repeating: 0, shape: parameter.shape)
      let isMuons = options.optimizer == .muon && parameter.isHiddenMatrix
      slots.append(
        Slot(
          name: name, parameter: parameter, first: slot(zeros), ema: slot(parameter.value),
          second: isMuons ? nil : slot(zeros)))
    }
    self.slots = slots
    self.options = options
  }

  /// The global norm of the gradients, and the parameter whose gradient was the first not to be
  /// finite: backward goes from the last to the first.
  public func gradientNorm() -> (norm: Double, firstNonFinite: String?) {
    var total = 0.0
    for slot in slots.reversed() {
      let squares = slot.parameter.gradient.sumOfSquares
      if !squares.isFinite { return (squares, slot.name) }
      total += squares
    }
    return (total.squareRoot(), nil)
  }

  /// Takes step `iteration`, counted from 0, at this rate, with the gradients times a factor, and
  /// sets them to zero.
  public func step(_ iteration: Int, rate: Float, gradientScale: Float = 1) {
    let t = Float(iteration)
    let averageDecay = min(options.averageDecay, (1 + t) / (10 + t))
    let step = AdamStep(
      adamax: options.optimizer == .adamax, iteration: iteration + 1,
      rate: rate, weightDecay: options.weightDecay,
      gradientScale: gradientScale, averageDecay: averageDecay)
    var matrices: [MuonStep.Slot] = []
    for slot in slots {
      let (first, average) = (slot.first.value, slot.ema.value)
      if let second = slot.second {
        step.update(slot.parameter, first: first, second: second.value, average: average)
      } else {
        matrices.append((slot.parameter, first, average))
      }
    }
    MuonStep(
      iteration: iteration, interval: options.muonInterval ?? 1, rate: rate,
      weightDecay: options.weightDecay, gradientScale: gradientScale,
      averageDecay: averageDecay
    ).update(matrices)
  }

  /// The first parameter that holds a value that is not finite, in weights, averages or moments.
  public var firstNonFinite: String? {
    slots.first { slot in
      [slot.parameter, slot.ema, slot.first, slot.second].contains {
        $0.map { !$0.value.isFinite } ?? false
      }
    }?.name
  }

  /// Sets all gradients to zero.
  public func clearGradients() { for slot in slots { slot.parameter.clearGradient() } }

  /// Runs `body` with the averaged weights in the model's parameters.
  public func withEMA<R>(_ body: () throws -> R) rethrows -> R {
    swapEMA()
    defer { swapEMA() }
    return try body()
  }

  private func swapEMA() {
    for slot in slots {
      let weights = slot.parameter.value.elements
      slot.parameter.set(slot.ema.value.elements)
      slot.ema.set(weights)
    }
  }
}
