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
      if !column.values.isEmpty, !column.values.contains(value) {
        let seen = column.values.prefix(12).map(Self.short).joined(separator: ", ")
        let more = column.values.count > 12 ? " and \(column.values.count - 12) more" : ""
        return "\(column.name) is \(Self.short(value)), which the model has not seen; "
          + "it has seen \(seen)\(more)"
      }
    }
    return nil
  }

  /// What a model takes for these values, C numbers: each brought to its scale, or one-hot.
  public func features(given values: [String: Double]) -> [Float] {
    precondition(problem(given: values) == nil, problem(given: values) ?? "")
    return context.flatMap { column -> [Float] in
      let value = values[column.name] ?? column.shift
      return column.values.isEmpty
        ? [Float((value - column.shift) / column.scale)]
        : column.values.map { $0 == value ? 1 : 0 }
    }
  }

  /// 3, 0.5
  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
