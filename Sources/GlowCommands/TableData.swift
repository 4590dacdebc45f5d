import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// A table that a run learns from: read, looked at, and divided, whatever the model.
struct TableData {
  /// All of its rows, of the columns that are learned or that others depend on.
  let table: Table
  /// The rows to train on, and those to validate on, of this table or of another.
  let training: Table
  let validation: Table?
  let description: DataDescription
  /// What all rows are like; nil in a run that is gone on with.
  let survey: TableSurvey?
  /// The rows held out to validate on, by their numbers from 1.
  private let heldOut: [Int]
  private let speed: String

  /// The data of a new run: these columns, or all, without those that have no density of their own,
  /// unless they are `conditions` or it is probabilities that are learned. Throws a `FileError` if
  /// it can't be read, or nothing is left to learn.
  init(
    _ path: String, columns: [String]?, given conditions: [String] = [],
    areProbabilities: Bool = false,
    dropsMissing: Bool, _ held: ValidationOptions, seed: UInt64
  ) throws {
    let began = ContinuousClock.now
    var table = try Table(
      reading: path, columns: columns, dropMissing: dropsMissing, minimumRows: 2)
    let speed = Self.speed(rows: table.rows + table.dropped, ContinuousClock.now - began)
    if let name = conditions.first(where: { !table.columns.contains($0) }) {
      throw FileError(
        path: path,
        reason: "has no column \(name); there are " + table.columns.joined(separator: ", "),
        kind: .malformed)
    }
    var description = DataDescription(table: absolute(path), rows: 0, dropMissing: dropsMissing)
    description.validation = held.validation.map(absolute)
    description.validationFraction = held.validationFraction
    // what others lack leaves out no row, as it will not when the run is gone on with: so what is
    // left out is found again in the rows that there are without it
    var survey = TableSurvey(table)
    var parts: Parts = (table, nil, [])
    while true {
      guard survey.distinctRows > 1 else {
        throw FileError(path: path, reason: "has one distinct row only", kind: .malformed)
      }
      parts = try Self.divided(table, description, seed: seed)
      let left =
        areProbabilities ? [] : Self.leftOut(survey, parts.training, conditions)
      let rest = table.columns.filter { !left.contains($0) }
      guard !rest.allSatisfy(conditions.contains) else {
        throw FileError(
          path: path,
          reason: "has no column left to learn: "
            + (conditions.isEmpty ? "all are constant" : "all others are conditions or constant"),
          kind: .malformed)
      }
      if left.isEmpty { break }
      table =
        table.dropped == 0
        ? try table.selecting(rest)
        : try Table(reading: path, columns: rest, dropMissing: true, minimumRows: 2)
      survey = TableSurvey(table)
    }
    let names = table.columns.filter { !conditions.contains($0) } + conditions
    let validation = try held.validation.map {
      try Table(reading: $0, columns: names, dropMissing: dropsMissing)
    }
    description.fingerprint = try table.selecting(names).fingerprint
    description.validationFingerprint = validation?.fingerprint
    self.init(table, parts, validation, description, survey, speed)
  }

  /// The data of a run to go on with, which must be as they were; `path` and `validation` say where
  /// the tables are now.
  init(
    resuming checkpoint: Checkpoint, columns: [String], in path: String?, validation: String?
  ) throws {
    var data = checkpoint.config.data
    if let path { data.table = absolute(path) }
    if let validation { data.validation = absolute(validation) }
    let table = try Self.known(data.table ?? "", data.fingerprint, columns, data, minimumRows: 2)
    let other = try data.validation.map {
      try Self.known($0, data.validationFingerprint, columns, data)
    }
    let parts = try Self.divided(table, data, seed: checkpoint.config.training.seed)
    self.init(table, parts, other, data)
  }

  private init(
    _ table: Table, _ parts: Parts, _ validation: Table?, _ description: DataDescription,
    _ survey: TableSurvey? = nil, _ speed: String = ""
  ) {
    (self.table, self.survey, self.speed) = (table, survey, speed)
    (training, self.validation, heldOut) = (parts.training, validation ?? parts.held, parts.numbers)
    var description = description
    description.count = parts.training.rows
    self.description = description
  }

  /// The columns of whole numbers that are not all the same one.
  var integers: [String] {
    survey.map { survey in survey.integers.map { survey.columns[$0].name } } ?? []
  }

  /// Whether a column holds whole numbers alone.
  func isWhole(_ name: String) -> Bool {
    survey?.columns.contains { $0.name == name && $0.isWhole } ?? false
  }

  /// What the data are, for the screen; `known` are the columns of which it is said elsewhere what
  /// they hold, as they get noise.
  func lines(apartFrom known: [String] = [], given conditions: [String] = []) -> [String] {
    look(known, conditions).filter { !$0.isWarning }.enumerated()
      .map { "data        \($1.advised)" + ($0 == 0 ? speed : "") }
  }

  private func look(_ known: [String], _ conditions: [String]) -> [Note] {
    survey?.lines(given: Set(conditions), dequantized: Set(known)) ?? []
  }

  /// A table that a run began with. Throws a `FileError` if it is not what it was.
  private static func known(
    _ path: String, _ fingerprint: String?, _ columns: [String], _ data: DataDescription,
    minimumRows: Int = 1
  ) throws -> Table {
    let table = try Table(
      reading: path, columns: columns, dropMissing: data.dropMissing == true,
      minimumRows: minimumRows)
    if let fingerprint, table.fingerprint != fingerprint {
      throw FileError(
        path: path, reason: "does not hold the rows that the run began with", kind: .malformed)
    }
    return table
  }

  /// The rows that a run held out to validate on, read again; its table, or the one to validate on,
  /// may be elsewhere now. Throws a `FileError` if it is not what it was, or nothing was held out.
  static func heldOut(of checkpoint: Checkpoint, columns: [String], in path: String?) throws
    -> Table
  {
    let data = checkpoint.config.data
    let place = path.map(absolute)
    if let validation = data.validation {
      return try known(place ?? validation, data.validationFingerprint, columns, data)
    }
    let table = try known(
      place ?? data.table ?? "", data.fingerprint, columns, data, minimumRows: 2)
    let seed = checkpoint.config.training.seed
    guard let held = try divided(table, data, seed: seed).held else {
      throw FileError(path: checkpoint.path, reason: "held out nothing", kind: .malformed)
    }
    return held
  }

  /// Writes which rows are held out into the run's directory, a number a line, if any are. Throws a
  /// `FileError` if it can't.
  func writeHeldOut(to directory: String) throws {
    if heldOut.isEmpty { return }
    try AtomicFile.write(
      heldOut.map { "\($0)\n" }.joined(), to: "\(directory)/\(RunFiles.heldOutName)")
  }

  /// A `FileError` if columns of these scales hold numbers whose squares are none.
  func refuseExtremes(_ scales: [(name: String, scale: Double)]) throws {
    for (name, scale) in scales where !(1e-150...1e150).contains(scale) {
      throw FileError(
        path: table.path,
        reason: "column \(name) has numbers too \(scale < 1 ? "close together" : "far apart") to "
          + "compute with; multiply them by \(scale < 1 ? "1e150" : "1e-150")",
        kind: .malformed)
    }
  }

  /// Warns of what would flatter any continuous density, but for columns in `known`, which get
  /// noise; `canAddNoise` says whether whole numbers can.
  func warnOfWhatFlatters(
    apartFrom known: [String] = [], given conditions: [String] = [], canAddNoise: Bool = false
  ) {
    for line in look(known, conditions) where line.isWarning {
      warn(line.remedy == .addNoise && !canAddNoise ? line.text : line.advised)
    }
  }

  /// A warning where nothing is held out that nobody asked for.
  func warnOfTooFew() {
    guard validation == nil, description.validationFraction != 0 else { return }
    let rows = counted(training.rows, "row")
    if let fraction = description.validationFraction {
      warn("--validation-fraction \(fraction) of \(rows) is none: no best.safetensors")
    } else {
      warn(
        "\(rows), too few to hold any out: no validation, no best.safetensors, and a model that "
          + "only memorises")
    }
  }

  /// Columns without a density of their own, which are left out: constant ones, or so in the rows
  /// to train on, and copies of others.
  private static func leftOut(_ survey: TableSurvey, _ learned: Table, _ given: [String])
    -> Set<String>
  {
    var left = Set<String>()
    for (i, facts) in survey.columns.enumerated() where !given.contains(facts.name) {
      let isConstant = facts.minimum == facts.maximum
      guard isConstant || learned.isConstant(i) else { continue }
      left.insert(facts.name)
      note(
        "column \(facts.name) is left out: it is "
          + String(format: "%g", learned.values[i]) + " in each row"
          + (isConstant ? "" : " to train on"))
    }
    for copy in survey.duplicates {
      let name = survey.columns[copy.column].name
      guard !given.contains(name), !left.contains(name) else { continue }
      left.insert(name)
      note("column \(name) is left out: it is \(survey.formula(of: copy))")
    }
    return left
  }

  /// "; read in 0.52 s, 1,920,000 rows/s"
  private static func speed(rows: Int, _ duration: Duration) -> String {
    let seconds = max(duration / .seconds(1), 1e-6)
    let perSecond = Double(rows) / seconds
    let digits = pow(10, max(0, floor(log10(max(1, perSecond))) - 2))
    let rounded = Int((perSecond / digits).rounded() * digits)
    return String(format: "; read in %.2f s, ", seconds) + "\(grouped(rounded)) rows/s"
  }

  /// The rows to train on, and those to validate on with their numbers from 1.
  private typealias Parts = (training: Table, held: Table?, numbers: [Int])

  /// The parts of a table; none is held out where there is another to validate on.
  private static func divided(_ table: Table, _ data: DataDescription, seed: UInt64) throws
    -> Parts
  {
    if data.validation != nil { return (table, nil, []) }
    let order = RandomStream(seed: seed, .split).permutation(table.rows)
    let part = data.validationFraction ?? 0.1
    let most = data.validationFraction == nil ? 10_000 : Int.max
    let count = min(most, Int(part * Double(table.rows)))
    // a tenth of a handful says nothing
    let held = data.validationFraction == nil && table.rows < 20 ? 0 : count
    try check(
      table.rows - held > 1,
      "--validation-fraction \(part) leaves 1 row of \(table.rows) to train on")
    let rows = order[..<held].sorted()
    return (
      table.rows(order[held...].sorted()), held > 0 ? table.rows(rows) : nil, rows.map { $0 + 1 }
    )
  }
}
