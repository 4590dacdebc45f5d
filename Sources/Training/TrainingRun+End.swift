extension TrainingRun {
  /// When a run ends; counted from its start, however often it is gone on with.
  public enum End: Equatable, Sendable {
    /// After so many steps.
    case iterations(Int)
    /// After so many minutes of training.
    case minutes(Double)

    /// The part of a run with this end that is behind it where it stands, 0 to 1.
    public func done(_ state: Trainer.State) -> Double {
      switch self {
      case .iterations(let n): Double(state.iteration) / Double(max(1, n))
      case .minutes(let minutes): state.seconds / 60 / minutes
      }
    }

    /// Why no run can have this end, or nil.
    var validationError: String? {
      switch self {
      case .iterations(let n) where n < 1: "the end is after \(n) steps"
      case .minutes(let m) where !(m > 0 && m.isFinite): "the end is after \(m) minutes"
      default: nil
      }
    }
  }
}

/// As it stands in a checkpoint: {"iterations": 1000} or {"minutes": 30}.
extension TrainingRun.End: Codable {
  private enum Key: String, CodingKey { case iterations, minutes }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    if let iterations = try values.decodeIfPresent(Int.self, forKey: .iterations) {
      self = .iterations(iterations)
    } else {
      self = .minutes(try values.decode(Double.self, forKey: .minutes))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch self {
    case .iterations(let n): try values.encode(n, forKey: .iterations)
    case .minutes(let m): try values.encode(m, forKey: .minutes)
    }
  }
}
