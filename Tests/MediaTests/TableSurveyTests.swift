import Foundation
import Media
import Testing

@Suite struct TableSurveyTests {
  /// Numbers between 0 and 1 without pattern.
  private func uniform(_ count: Int, seed: UInt64) -> [Double] {
    let bytes = noise(count * 4, seed: seed)
    return (0..<count).map { i in
      let bits = bytes[i * 4..<i * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return Double(bits) / 0x1p32
    }
  }

  private func table(_ columns: [(String, [Double])], dropped: Int = 0) -> Table {
    let rows = columns[0].1.count
    let values = (0..<rows).flatMap { i in columns.map { $0.1[i] } }
    return Table(
      path: "made", columns: columns.map(\.0), values: values, droppedRows: Array(0..<dropped))
  }

  @Test func findsWhatIsOdd() throws {
    let count = 1000
    let a = uniform(count, seed: 1)
    let b = uniform(count, seed: 2)
    var far = uniform(count, seed: 3)
    far[17] = 1e6
    let survey = TableSurvey(
      table(
        [
          ("a", a), ("one", a.map { _ in 1 }), ("b", b), ("copy", a),
          ("fahrenheit", b.map { 32 - 1.8 * $0 }), ("count", b.map { ($0 * 100).rounded() }),
          ("far", far), ("near", zip(a, b).map { $0 + 1e-3 * $1 }),
          ("tenths", uniform(count, seed: 4).map { ($0 * 50).rounded() / 10 }),
          ("time", uniform(count, seed: 5).map { 1.7e9 + $0 }),
        ], dropped: 3))
    #expect(survey.constant == [1] && survey.integers == [5] && survey.heavyTailed == [6])
    #expect(survey.coarse == [8])
    #expect(survey.columns[8].distinct == 51 && survey.columns[8].sampled == 1000)
    #expect(survey.duplicates.map { [$0.column, $0.original] } == [[3, 0], [4, 2]])
    #expect(survey.duplicates[0].isIdentical && !survey.duplicates[1].isIdentical)
    #expect(abs(survey.duplicates[1].slope + 1.8) < 1e-9)
    #expect(abs(survey.duplicates[1].offset - 32) < 1e-9)
    #expect(survey.distinctRows == count && survey.mostRepeats == 1)
    #expect(!survey.hasMoreColumnsThanRows)
    // The large offset costs nothing.
    #expect(abs(survey.columns[9].mean - 1.7e9 - 0.5) < 0.03)
    #expect(abs(survey.columns[9].standardDeviation - 1 / 12.0.squareRoot()) < 0.01)
    #expect(survey.columns[6].maximum == 1e6 && survey.columns[6].outliers == 1)

    let lines = survey.lines
    #expect(lines.count == 7, "\(lines)")
    #expect(
      lines[0].text.hasPrefix("1,000 rows (3 rows with missing values left out) of 10 columns: a "))
    #expect(lines[1] == Note("constant: one", remedy: .leaveOutColumns))
    #expect(lines[2].text.hasPrefix("copies: copy = a, fahrenheit = −1.8 · b + 32, which flatters"))
    #expect(lines[3].text.hasPrefix("dependent: near = a + 0.001 · b; all rows"))
    #expect(lines[4].text.hasPrefix("whole numbers: count, which flatters"))
    #expect(lines[5] == "few values: tenths (51 values in 1,000 rows), which flatters a density")
    #expect(lines[6].text.hasPrefix("far out: far (1 value beyond ten quartile ranges, "))
  }

  @Test func countsRowsThatComeAgain() {
    let rows = [[0.5, 1.25], [-0.0, 2.5], [0.5, 1.25], [0, 2.5], [1, 1], [0.5, 1.25]]
    let survey = TableSurvey(Table(path: "", columns: ["a", "b"], values: rows.flatMap { $0 }))
    #expect(survey.distinctRows == 3 && survey.repeatedRows == 3 && survey.mostRepeats == 3)
    #expect(
      survey.lines.contains { $0.text.hasPrefix("repeated: 3 different rows, one of them 3 times") }
    )
  }

  /// Columns that others determine, for whatever numbers; and a range that four digits do not show.
  @Test func findsWhatDependsAndWhatIsTooFine() {
    let (a, b, c) = (uniform(300, seed: 1), uniform(300, seed: 2), uniform(300, seed: 3))
    let far = a.map { 1e12 + ($0 * 1000).rounded() / 8 }
    let sums = TableSurvey(
      table([
        ("a", a), ("far", far), ("b", b), ("c", c),
        ("rest", a.indices.map { 100 - a[$0] - 2 * b[$0] }),
        ("near", a.indices.map { a[$0] + b[$0] + 1e-4 * c[$0] * c[$0] }),
        ("all", a.indices.map { far[$0] + c[$0] }),
      ]))
    #expect(sums.dependences.map(\.column) == [4, 6])
    #expect(
      sums.lines.contains {
        $0.isWarning && $0.text.hasPrefix("dependent: rest = −a − 2 · b + 100")
      })
    #expect(sums.lines[0].text.contains(" far 1000000000000 to 10000000001"), "\(sums.lines)")
    let given = sums.lines(given: [], dequantized: ["b"])
    #expect(!given.contains { $0.text.hasPrefix("dependent") })
    #expect(sums.unresolved.isEmpty)
    var out = a
    out[5] = 1e12
    let fine = TableSurvey(table([("a", out), ("b", b)]))
    #expect(
      fine.unresolved == [0] && fine.lines.contains { $0.text.hasPrefix("too fine for float32") })
    let few = TableSurvey(table([("a", a + a[..<2])]))
    #expect(few.repeatedRows == 2 && few.lines.count == 1, "a few of hundreds")
  }

  /// Not every pair is compared, however many columns are alike.
  @Test func findsManyCopies() {
    let base = uniform(20, seed: 6)
    let columns = (0..<1000).map { j in base.map { Double(j + 1) * $0 - Double(j) } }
    let values = (0..<20).flatMap { i in columns.map { $0[i] } }
    let survey = TableSurvey(
      Table(path: "", columns: columns.indices.map { "\($0)" }, values: values))
    #expect(survey.duplicates.count == 999 && survey.duplicates.allSatisfy { $0.original == 0 })
  }

  @Test func aTableWithoutFaultsIsOneLine() {
    let survey = TableSurvey(table([("a", uniform(100, seed: 7)), ("b", uniform(100, seed: 8))]))
    #expect(survey.lines.count == 1)
  }

  /// No crash and no false copies where there is hardly anything to see, or numbers are huge.
  @Test func standsEdges() {
    let one = TableSurvey(Table(path: "", columns: ["a", "b"], values: [1.5, 2]))
    #expect(one.constant == [0, 1] && one.hasMoreColumnsThanRows && one.duplicates.isEmpty)
    let huge = TableSurvey(
      Table(path: "", columns: ["a", "b"], values: [1e308, 1, -1e308, 2, 5, 3, 1e308, 7]))
    #expect(huge.duplicates.isEmpty && huge.lines.count > 0)
    // Two columns are no copies because one row is far out in both.
    var (a, b) = (uniform(500, seed: 8), uniform(500, seed: 9))
    (a[3], b[3]) = (1e9, 1e9)
    #expect(TableSurvey(table([("a", a), ("b", b)])).duplicates.isEmpty)
    // Nor are columns that are almost always 0.
    let sparse = (0..<200).map { j in
      ("c\(j)", (0..<400).map { $0 == 2 * j ? 1.0 : 0 })
    }
    #expect(TableSurvey(table(sparse)).duplicates.isEmpty)
    let equal = TableSurvey(Table(path: "", columns: ["a"], values: .init(repeating: 2, count: 9)))
    #expect(equal.distinctRows == 1 && equal.mostRepeats == 9)
  }
}
