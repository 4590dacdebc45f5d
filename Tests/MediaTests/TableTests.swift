import Foundation
import Media
import Testing

@Suite struct TableTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private let table = Table(
    path: "made", columns: ["a", "b", "c"], values: [1, 2, 3, 4, 5, 6, 7, 8, 9])

  @Test func givesRowsAndColumns() throws {
    #expect(table.rows == 3 && Array(table.row(1)) == [4, 5, 6] && table.column(1) == [2, 5, 8])
    #expect(table.rows([2, 0, 2]).values == [7, 8, 9, 1, 2, 3, 7, 8, 9])
    #expect(try table.selecting(["c", "a"]).values == [3, 1, 6, 4, 9, 7])
    #expect(try table.removing(["b"]).columns == ["a", "c"])
    #expect(
      try fileError { _ = try table.selecting(["d"]) }.description
        == "made: has no column \"d\"; its columns are a, b, c")
    #expect(
      try fileError { _ = try table.removing(["a", "b", "c"]) }.reason
        == "has no column beside a, b, c")
  }

  private var wild: [Double] {
    let bytes = noise(24_000)
    let values = (0..<3000).map { i in
      Double(bitPattern: bytes[i * 8..<i * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
    return values.map { $0.isFinite ? $0 : 1 } + [
      0, -0.0, 1, -1, 0.1, 1e15, 1e16, 1e-5, 16_777_217,
    ]
  }

  @Test(arguments: ["t.csv", "t.tsv", "t.npy"]) func writesWhatItReads(_ name: String) throws {
    let names = name == "t.npy" ? ["x1", "x2", "x3"] : ["a,\tb", " say \"c\"\r\n", "é"]
    let written = Table(path: "made", columns: names, values: wild)
    try written.write(to: "\(folder.path)/\(name)")
    let read = try Table(reading: "\(folder.path)/\(name)")
    #expect(read.columns == names)
    #expect(read.values.map(\.bitPattern) == written.values.map(\.bitPattern))
  }

  @Test(arguments: ["t.csv", "t.tsv", "t.npy"]) func writesFloatsInPieces(_ name: String) throws {
    let values = wild.map { Float($0) }.map { $0.isFinite ? $0 : -3 }
    let path = "\(folder.path)/\(name)"
    try TableWriter.write(to: path, columns: ["x1", "x2", "x3"]) { writer in
      for _ in 0..<20 { try writer.append(values) }
    }
    let read = try Table(reading: path)
    #expect(read.rows == 20 * values.count / 3 && read.columns == ["x1", "x2", "x3"])
    #expect(
      read.values.suffix(values.count).map { Float($0).bitPattern } == values.map(\.bitPattern))
    if name == "t.npy" {
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      #expect(size == 128 + 4 * 20 * values.count)
    }
  }

  @Test func writesShortDecimals() throws {
    let path = "\(folder.path)/t.csv"
    try TableWriter.write(to: path, columns: ["a", "b c"]) { writer in
      try writer.append([0.1, 2] as [Double])
      try writer.append([-0.5, 1e-7] as [Float])
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "a,b c\n0.1,2\n-0.5,1e-07\n")
    #expect(try fileError { try table.write(to: "\(folder.path)/t.txt") }.kind == .unwritable)
    #expect(try fileError { try table.write(to: "\(folder.path)/no/t.csv") }.kind == .unwritable)
  }
}
