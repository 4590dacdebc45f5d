import Foundation
import Media
import Testing

@Suite struct NPYTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// An array's file, made by hand.
  private func put(
    _ header: String, _ data: [UInt8], version: UInt8 = 1, length: Int? = nil
  ) throws -> String {
    let count = length ?? header.utf8.count
    let size = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    let bytes = [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + data
    return try folder.put("\(UUID().uuidString).npy", bytes)
  }

  private func header(_ type: String, _ shape: String, fortran: Bool = false) -> String {
    "{'descr': \(type), 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
  }

  /// Bytes of numbers, the first byte the smallest unless `big`.
  private func bytes<T: FixedWidthInteger>(_ values: [T], big: Bool = false) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: big ? $0.bigEndian : $0.littleEndian, Array.init) }
  }

  @Test func readsFortranOrderAndBigEndian() throws {
    let columns: [Float] = [1, -2, 3.5, .leastNonzeroMagnitude, 5, -0.1]
    let path = try put(
      header("'>f4'", "(3, 2)", fortran: true), bytes(columns.map(\.bitPattern), big: true))
    let table = try Table(reading: path)
    #expect(table.columns == ["x1", "x2"] && table.rows == 3)
    #expect(table.values == [0, 3, 1, 4, 2, 5].map { Double(columns[$0]) })
    #expect(try Table(reading: path, columns: ["x2"]).values == columns[3...].map { Double($0) })
  }

  @Test func readsEveryType() throws {
    let doubles = [-1.5, 0x1.fffffffffffffp1023, Double.leastNonzeroMagnitude, 1_700_000_000.123]
    let cases: [(String, [UInt8], [Double])] = [
      ("'<f8'", bytes(doubles.map(\.bitPattern)), doubles),
      ("'>f8'", bytes(doubles.map(\.bitPattern), big: true), doubles),
      ("'|b1'", [0, 1, 2, 0], [0, 1, 1, 0]),
      ("'|i1'", [0, 127, 128, 255], [0, 127, -128, -1]),
      ("'|u1'", [0, 127, 128, 255], [0, 127, 128, 255]),
      ("'<i2'", bytes([Int16.min, .max, -1, 0]), [-32768, 32767, -1, 0]),
      ("'>u2'", bytes([UInt16.max, 1, 2, 3], big: true), [65535, 1, 2, 3]),
      ("\"<i4\"", bytes([Int32.min, .max, -1, 0]), [-2_147_483_648, 2_147_483_647, -1, 0]),
      ("'<u4'", bytes([UInt32.max, 1, 2, 3]), [4_294_967_295, 1, 2, 3]),
      ("'>i8'", bytes([Int64.min, -2, 1 << 53, 3], big: true), [-0x1p63, -2, 0x1p53, 3]),
      ("'=u8'", bytes([UInt64.max, 1, 2, 3]), [0x1p64, 1, 2, 3]),
    ]
    for (type, data, values) in cases {
      for (shape, width) in [("(4,)", 1), ("(2, 2)", 2), ("(1L, 4L)", 4)] {
        for version in UInt8(1)...3 {
          let table = try Table(reading: put(header(type, shape), data, version: version))
          #expect(table.values == values && table.columns.count == width, "\(type) \(shape)")
        }
      }
    }
  }

  /// More than one piece in either order, and columns by name.
  @Test func readsManyPieces() throws {
    let (rows, width) = (50_001, 3)
    let values = (0..<Int32(rows * width)).map { $0 }
    let byRow = try put(header("'<i4'", "(\(rows), \(width))"), bytes(values))
    #expect(try Table(reading: byRow).values == values.map(Double.init))
    let byColumn = try put(header("'<i4'", "(\(rows), \(width))", fortran: true), bytes(values))
    let expected = (0..<rows).flatMap { [Double($0 + 2 * rows), Double($0)] }
    #expect(try Table(reading: byColumn, columns: ["x3", "x1"]).values == expected)
  }

  @Test func missingValuesAreCountedOrDropped() throws {
    let path = try put(
      header("'<f4'", "(3, 2)"), bytes([1, Float.nan, 3, 4, .nan, .nan].map(\.bitPattern)))
    let error = try fileError { _ = try Table(reading: path) }
    #expect(error.reason.hasPrefix("lacks 3 values in 2 rows, the first in row 1, column \"x2\""))
    let table = try Table(reading: path, dropMissing: true)
    #expect(table.values == [3, 4] && table.dropped == 2)
  }

  @Test func sayWhatIsWrong() throws {
    let four = [UInt8](repeating: 0, count: 16)
    let good = header("'<f4'", "(4,)")
    let cases: [(String, String)] = [
      (try put(header("'|O'", "(4,)"), four), "holds Python objects, which are never unpickled"),
      (try put(header("[('a', '<f4')]", "(4,)"), four), "holds structures"),
      (try put(header("'<c8'", "(2,)"), four), "holds complex numbers"),
      (try put(header("'<U1'", "(4,)"), four), "holds text"),
      (try put(header("'<M8[s]'", "(2,)"), four), "holds dates"),
      (try put(header("'<f2'", "(8,)"), four), "holds elements of type \"<f2\""),
      (try put(header("'<f4'", "()"), four), "has 0 dimensions; a table has 1 or 2"),
      (try put(header("'<f4'", "(1, 2, 2)"), four), "has 3 dimensions; a table has 1 or 2"),
      (try put(header("'<f4'", "(0, 4)"), []), "is empty: its shape is (0, 4)"),
      (try put(header("'<f4'", "(4, 0)"), []), "is empty: its shape is (4, 0)"),
      (try put(header("'<f4'", "(5,)"), four), "is cut short: shape (5) needs 20 bytes, and 16"),
      (try put(header("'<f4'", "(3,)"), four), "has 4 bytes after its numbers"),
      (try put(header("'<f4'", "(4611686018427387904, 4)"), four), "beyond any memory"),
      (try put(header("'<f4'", "(4611686018427387904,)"), four), "beyond any memory"),
      (try put(header("'<f4'", "(99999999999999999999,)"), four), "beyond any memory"),
      (try put(header("'<f4'", "(1, 70000)"), four), "has 70000 columns, more than 65536"),
      (try put(header("'<f4'", "(-4,)"), four), "header that can't be read"),
      (try put("{'descr': '<f4', 'shape': (4,), }", four), "header that can't be read"),
      (try put("{'descr': '<f4', 'shape': (4,), 'shape': (4,)}", four), "can't be read"),
      (try put("{'descr': '<f4", four), "header that can't be read"),
      (try put(good + "x", four), "header that can't be read"),
      (try put("", four), "header that can't be read"),
      (try put(good, four, length: 60_000), "is cut short in its header, of 60000 bytes"),
      (try put(good, four, version: 2, length: 1 << 31), "is cut short in its header"),
      (try put(good, four, version: 4), "is NPY of version 4.0, which is not known"),
      (try folder.put("a.npy", [0x93] + Array("NUMPY".utf8)), "is no NPY file"),
      (try folder.put("b.npy", [0x93] + Array("NUMPY".utf8) + [2, 0, 1, 0]), "cut short"),
      (
        try put(header("'<f4'", "(1, 2)"), bytes([1, -Float.infinity].map(\.bitPattern))),
        "row 1, column \"x2\": is infinite"
      ),
      (
        try put(header("'<f4'", "(1,)"), bytes([Float.nan.bitPattern])),
        "lacks 1 value, in row 1"
      ),
    ]
    for (path, reason) in cases {
      let error = try fileError { _ = try NPY.read(path) }
      #expect(error.kind == .malformed && error.reason.contains(reason), "\(error)")
    }
  }
}
