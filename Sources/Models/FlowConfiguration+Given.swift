extension FlowConfiguration {
  /// Why the density can't be looked at with these values of its context, or nil; a value for each
  /// column that it is conditional on, and for no other.
  public func problem(given values: [String: Double]) -> String? {
    let names = context.map(\.name)
    if let other = values.keys.sorted().first(where: { !names.contains($0) }) {
      return "the model is not conditional on \(other), but on "
        + (names.isEmpty ? "nothing" : names.joined(separator: ", "))
    }
    for column in context {
      guard let value = values[column.name] else {
        return "the model is conditional on \(column.name), of which no value is given"
      }
      if let problem = column.problem(value) { return problem }
    }
    return nil
  }

  /// What a model takes for these values, C numbers: each brought to its scale, or one-hot.
  public func features(given values: [String: Double]) -> [Float] {
    precondition(problem(given: values) == nil, problem(given: values) ?? "")
    return context.flatMap { column in
      column.features(values[column.name] ?? column.shift)
    }
  }
}

extension FlowConfiguration.ContextColumn {
  /// Why this can't be a value of the column, or nil.
  public func problem(_ value: Double) -> String? {
    if values.isEmpty || values.contains(value) { return nil }
    let seen = values.prefix(12).map(Self.short).joined(separator: ", ")
    let more = values.count > 12 ? " and \(values.count - 12) more" : ""
    return
      "\(name) is \(Self.short(value)), which the model has not seen; it has seen \(seen)\(more)"
  }

  /// What a model takes for a value: brought to its scale, or one-hot.
  public func features(_ value: Double) -> [Float] {
    values.isEmpty ? [Float((value - shift) / scale)] : values.map { $0 == value ? 1 : 0 }
  }

  /// 3, 0.5
  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
