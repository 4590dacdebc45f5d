import Foundation
import Media
import Testing

@Suite struct CSVTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func put(_ text: String) throws -> String {
    try folder.put("\(UUID().uuidString).csv", Array(text.utf8))
  }

  /// One table, written in every way that there is.
  @Test(arguments: [
    "a,b\n1.5,-2\n30,0.25\n",
    "a,b\n1.5,-2\n30,0.25",
    "\u{FEFF}a,b\r\n1.5,-2\r\n30,0.25\r\n\r\n",
    "a,b\r1.5,-2\r30,0.25\r",
    "a;b\n1,5;-2\n30;,25\n",
    "a\tb\n1.5\t-2\n30\t.25\n",
    "a\tb\n1,5\t-2\n30\t0,25\n",
    "\"a\",\"b\"\n\"1.5\",\"-2\"\n\"30\",\"0.25\"\n",
    "\"a\",\"b\"\n\"1,5\",\"-2\"\n\"30\",\"0,25\"\n",
    " a , b \n\n +15e-1 , -2. \n3E1, 0000000000000000000000.25",
    "\n\na,b\n1.5,-2\n\n3.0000e+01,2500e-4\n\n\n",
  ])
  func readsOneTable(_ text: String) throws {
    let table = try Table(reading: put(text))
    #expect(table.columns == ["a", "b"] && table.rows == 2 && table.dropped == 0)
    #expect(table.values == [1.5, -2, 30, 0.25])
  }

  @Test(arguments: [
    ("1,2\n3,4\n", ["x1", "x2"], 2),
    ("5\n6\n7\n", ["x1"], 3),
    ("height\n6\n7\n", ["height"], 2),
    ("country,2019,2020\n1,2.5,3\n", ["country", "2019", "2020"], 1),
    ("\"a \"\"q\"\"\",\"b,\nc\",\n1,2,3\n", ["a \"q\"", "b,\nc", "x3"], 1),
    ("NA,1\n2,3\n", ["x1", "x2"], 1),
    ("a;b,c\n1;2\n", ["a", "b,c"], 1),
  ])
  func findsTheHeader(_ text: String, columns: [String], rows: Int) throws {
    let table = try Table(reading: put(text), dropMissing: true)
    #expect(table.columns == columns && table.rows == rows)
  }

  @Test func aHeaderCanBeSaid() throws {
    let path = try put("1,2\n3,4\n")
    #expect(try Table(reading: path, header: true).columns == ["1", "2"])
    #expect(try Table(reading: path, header: false).rows == 2)
  }

  @Test func readsOnlyTheColumnsAskedFor() throws {
    let path = try put("name,a,note,b\nx,1,\"two\nlines\",2\ny,3,NA,4\n")
    let table = try Table(reading: path, columns: ["b", "a"])
    #expect(table.columns == ["b", "a"] && table.values == [2, 1, 4, 3])
    let error = try fileError { _ = try Table(reading: path) }
    #expect(error.reason == "line 2, column \"name\": \"x\" is not a number")
  }

  @Test func missingValuesAreCountedOrDropped() throws {
    let path = try put("a,b\n1,2\n,3\n4,NA\nnan,?\n5,6\nNull,n/a\n")
    let error = try fileError { _ = try Table(reading: path) }
    #expect(
      error.reason
        == "lacks 6 values in 4 rows, the first in line 3, column \"a\" (by column: a 3, b 3)")
    #expect(error.remedy == .leaveOutRows)
    let table = try Table(reading: path, dropMissing: true)
    #expect(table.values == [1, 2, 5, 6] && table.dropped == 4)
    // What other columns lack does not matter.
    #expect(try Table(reading: put("a,b\n1,\n2,NA\n"), columns: ["a"]).rows == 2)
  }

  /// The numbers are those of the standard library, to the last bit.
  @Test func numbersAreExact() throws {
    var texts = [
      "9007199254740993", "9007199254740992", "0.1", "1e22", "1e23", "-0", "0.3",
      "4.9e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "123456789012345678901234",
      "0.000000000000000000000012345", "9007199254740991e-22", "1e-400", "18446744073709551617",
      "1152921504606846977.5",
    ]
    let bytes = noise(16_000)
    for i in 0..<1000 {
      let bits = bytes[i * 8..<i * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let wild = Double(bitPattern: bits)
      if wild.isFinite { texts.append("\(wild)") }
      texts.append("\(Double(Int64(bitPattern: bits)) / 0x1p63)")
      texts.append(String(format: "%.3f", Double(bits >> 40) / 1000))
    }
    let table = try Table(reading: put(texts.joined(separator: "\n")))
    #expect(table.values.map(\.bitPattern) == texts.compactMap { Double($0)?.bitPattern })
  }

  /// Long enough for several pieces, with a row across each border.
  @Test func readsManyPieces() throws {
    let rows = (0..<60_000).map { "\($0),\"\($0 * 3)\",\(Double($0) / 8)" }
    let table = try Table(reading: put("i,j,k\r\n" + rows.joined(separator: "\r\n")))
    #expect(table.rows == 60_000)
    #expect(table.column(0) == (0..<60_000).map(Double.init))
    #expect(table.column(1) == (0..<60_000).map { Double($0 * 3) })
    #expect(table.column(2) == (0..<60_000).map { Double($0) / 8 })
  }

  /// Names in another encoding are refused, numbers in such a file are not needed to be.
  @Test func namesAreUTF8() throws {
    let bytes = Array("\r\na,Gr".utf8) + [0xF6, 0xDF] + Array("e\r\n1,2\r\n".utf8)
    let path = try folder.put("latin.csv", bytes)
    let error = try fileError { _ = try Table(reading: path) }
    #expect(error.reason == "line 2: the name of column 2 is not UTF-8; save the file as that")
  }

  /// Thousands of columns: the first lines are longer than what is looked at first.
  @Test func readsWideTables() throws {
    let names = (0..<20_000).map { "column\($0)" }.joined(separator: ";")
    let row = (0..<20_000).map { "\($0),5" }.joined(separator: ";")
    let table = try Table(reading: put("\(names)\n\(row)\n\(row)\n"))
    #expect(table.rows == 2 && table.columns.count == 20_000 && table.values.last == 19_999.5)
  }

  @Test(arguments: [
    ("", "is empty"),
    ("\n\r\n\n", "has no rows"),
    ("\u{FEFF}", "has no rows"),
    ("a,b\n", "has no rows"),
    ("a,b\nNA,1\n", "lacks 1 value, in line 2, column \"a\""),
    ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, not 2"),
    ("a,b\n1,2\n\n3\n4,5\n", "line 4 has 1 cell, not 2"),
    ("a,b\r\n1,2\r\n3,abc\r\n", "line 3, column \"b\": \"abc\" is not a number"),
    ("\"a\n\",b\n1,2\n3,0x10\n", "line 4, column \"b\": \"0x10\" is not a number"),
    ("5.1,3.5,setosa\n4.9,3,setosa\n", "line 1, column \"x3\": \"setosa\" is not a number"),
    ("a\n1\n1 2\n", "line 3, column \"a\": \"1 2\" is not a number"),
    ("a\n1\n--1\n", "line 3, column \"a\": \"--1\" is not a number"),
    ("a\n1\n.\n", "line 3, column \"a\": \".\" is not a number"),
    ("a\n1\n\(String(repeating: "z", count: 99))\n", "column \"a\": \"zzzzzzzzzzzzzzzzzzzzzzzz…\""),
    ("a\n1\n\u{1B}[2J\n", "is not a number"),
    ("a,b\n1,-inf\n2,3\n", "line 2, column \"b\": \"-inf\" is infinite"),
    ("a,b\n1,1e999\n2,3\n", "line 2, column \"b\": \"1e999\" is infinite"),
    ("a;b\n1,5;2.5\n", "has decimal points (line 2) and commas (line 2) in its numbers"),
    ("a;b\n1,500;2\n", "has commas in its numbers (line 2) that may be decimal or group"),
    ("a;b\n1.234,5;2\n", "line 2, column \"a\": \"1.234,5\" is not a number"),
    ("a,a\n1,2\n", "has two columns by the name \"a\""),
    ("a,b\n1,2\n\"3,4\n5,6\n", "line 3 has a quoted cell that does not end"),
    ("a,b\n1,2\n3,4\"\"5\n", "line 3 has a quote out of place"),
    ("a,b\n1,\u{0}\n", "is binary, not text"),
  ])
  func sayWhatIsWrong(_ text: String, reason: String) throws {
    let path = try put(text)
    let error = try fileError { _ = try Table(reading: path) }
    #expect(error.path == path && error.kind == .malformed)
    #expect(error.description.contains(reason), "\(error)")
  }

  @Test func sayWhatIsNoText() throws {
    for (bytes, reason) in [
      ([0xFF, 0xFE, 0x31, 0, 0x0A, 0], "UTF-16"), (Array("PK\u{3}\u{4}\u{0}".utf8), "zip archive"),
    ] as [([UInt8], String)] {
      let path = try folder.put("a.csv", bytes)
      #expect(try fileError { _ = try Table(reading: path) }.reason.contains(reason))
    }
    let late = try put("a,b\n" + String(repeating: "1,2\n", count: 100_000) + "\u{0}")
    #expect(try fileError { _ = try Table(reading: late) }.reason == "is binary, not text")
    let open = try put("a\n\"" + String(repeating: "12345678\n", count: 200_000))
    #expect(try fileError { _ = try Table(reading: open) }.reason.contains("does not end"))
    let missing = try fileError { _ = try Table(reading: "\(folder.path)/none.csv") }
    #expect(missing.kind == .missing)
    #expect(try fileError { _ = try Table(reading: folder.path) }.reason == "is a directory")
  }

  @Test func sayWhichColumnsThereAre() throws {
    let path = try put("a,b\n1,2\n")
    #expect(
      try fileError { _ = try Table(reading: path, columns: ["a", "z"]) }.reason
        == "has no column \"z\"; its columns are a, b")
    #expect(
      try fileError { _ = try Table(reading: path, columns: ["a", "a"]) }.reason
        == "column \"a\" is asked for twice")
    #expect(
      try fileError { _ = try Table(reading: path, minimumRows: 2) }.reason
        == "has 1 row only; at least 2 are needed")
  }
}
