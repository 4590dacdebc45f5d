import Fuzzing
import Media

fuzz { path in
  guard let table = try? CSV.read(path, dropMissing: true) else { return }
  precondition(table.values.count == table.rows * table.columns.count && table.rows > 0)
  precondition(table.values.allSatisfy(\.isFinite))
  precondition(table.columns.count > 4096 || !TableSurvey(table).lines.isEmpty)
  let last = try? CSV.read(
    path, columns: [table.columns[table.columns.count - 1]], dropMissing: true)
  precondition((last?.rows ?? .max) >= table.rows)
}
