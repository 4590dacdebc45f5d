/// NumPy's arrays as tables: N numbers are one column, N×D are D; the columns are x1, x2 and so on.
///
/// Versions 1 to 3, float32, float64, integers of all widths and bool, of either byte order, by
/// rows (C) or by columns (Fortran). Integers beyond 2⁵³ are rounded. NaN is a missing value.
/// Objects are never unpickled.
public enum NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads a table in pieces, so that memory holds little beside its numbers.
  ///
  /// The arguments are those of `Table(reading:)`. Throws a `FileError` if the file is missing, or
  /// is anything but a table of finite numbers.
  public static func read(
    _ path: String, columns: [String]? = nil, dropMissing: Bool = false
  ) throws -> Table {
    try read(InputFile(path: path), columns: columns, dropMissing: dropMissing)
  }

  static func read(_ file: InputFile, columns: [String]?, dropMissing: Bool) throws -> Table {
    let header = try Header(of: file)
    let (count, width) = try shape(header, file)
    let all = (1...width).map { "x\($0)" }
    let names = columns ?? all
    let places = try Table.places(of: names, in: all, path: file.path)
    var rows = TableRows(path: file.path, columns: names, unit: "row", dropMissing: dropMissing)
    try rows.reserve(count)

    // A piece has whole rows of the columns to read; by columns, no fewer than 1024 of them.
    let pieceRows = min(count, max(header.isFortran ? 1024 : 1, (1 << 16) / width))
    var piece = [Double](repeating: 0, count: pieceRows * places.count)
    var raw = [UInt8](
      repeating: 0, count: pieceRows * (header.isFortran ? 1 : width) * header.type.size)
    for start in stride(from: 0, to: count, by: pieceRows) {
      let range = start..<min(start + pieceRows, count)
      if header.isFortran {
        for (target, place) in places.enumerated() {
          let part = raw.startIndex..<range.count * header.type.size
          try raw.withUnsafeMutableBytes {
            try file.read(
              into: UnsafeMutableRawBufferPointer(rebasing: $0[part]),
              at: header.dataStart + (place * count + start) * header.type.size)
          }
          header.decode(
            raw, from: 0, step: 1, count: range.count, into: &piece, at: target,
            step: places.count)
        }
      } else {
        let part = raw.startIndex..<range.count * width * header.type.size
        try raw.withUnsafeMutableBytes {
          try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: $0[part]),
            at: header.dataStart + start * width * header.type.size)
        }
        for (target, place) in places.enumerated() {
          header.decode(
            raw, from: place, step: width, count: range.count, into: &piece, at: target,
            step: places.count)
        }
      }
      try piece.withUnsafeBufferPointer { piece in
        for i in range {
          let first = (i - start) * places.count
          try rows.append(
            UnsafeBufferPointer(rebasing: piece[first..<first + places.count]), place: i + 1)
        }
      }
    }
    var table = try rows.table()
    table.passedOver = all.filter(Set(all).subtracting(names).contains)
    return table
  }

  /// Rows and columns, both more than none, if the file holds as many numbers as it says.
  private static func shape(_ header: Header, _ file: InputFile) throws -> (Int, Int) {
    func malformed(_ reason: String) -> FileError {
      FileError(path: file.path, reason: reason, kind: .malformed)
    }
    let shape = header.shape
    guard shape.count == 1 || shape.count == 2 else {
      throw malformed("has \(counted(shape.count, "dimension")); a table has 1 or 2")
    }
    let columns = shape.count == 2 ? shape[1] : 1
    guard columns <= TableRows.maximumColumns else {
      throw malformed("has \(columns) columns, more than \(TableRows.maximumColumns)")
    }
    return try size(header, file)
  }

  /// As `shape`, of any number of columns.
  private static func size(_ header: Header, _ file: InputFile) throws -> (Int, Int) {
    func malformed(_ reason: String) -> FileError {
      FileError(path: file.path, reason: reason, kind: .malformed)
    }
    let shape = header.shape
    let (rows, columns) = (shape[0], shape.count == 2 ? shape[1] : 1)
    let shown = "(\(shape.map(String.init).joined(separator: ", ")))"
    guard rows > 0, columns > 0 else { throw malformed("is empty: its shape is \(shown)") }
    let (count, tooMany) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, tooLong) = count.multipliedReportingOverflow(by: header.type.size)
    guard !tooMany, !tooLong else { throw malformed("has a shape beyond any memory: \(shown)") }
    let held = file.count - header.dataStart
    guard bytes <= held else {
      throw malformed("is cut short: shape \(shown) needs \(bytes) bytes, and \(held) are there")
    }
    guard bytes == held else {
      throw malformed("has \(counted(held - bytes, "byte")) after its numbers")
    }
    return (rows, columns)
  }
}

extension NPY {
  /// A matrix of numbers, row by row, which need not be finite. Throws a `FileError` if the file is
  /// anything else.
  public static func matrix(_ path: String) throws -> (
    values: [Double], rows: Int, columns: Int
  ) {
    let file = try InputFile(path: path)
    let header = try Header(of: file)
    guard header.shape.count == 2 else {
      throw FileError(
        path: path, reason: "has \(counted(header.shape.count, "dimension")), not 2",
        kind: .malformed)
    }
    let (rows, columns) = try size(header, file)
    let raw = try file.bytes(rows * columns * header.type.size, at: header.dataStart)
    var values = [Double](repeating: 0, count: rows * columns)
    guard header.isFortran else {
      header.decode(raw, from: 0, step: 1, count: values.count, into: &values, at: 0, step: 1)
      return (values, rows, columns)
    }
    for column in 0..<columns {
      header.decode(
        raw, from: column * rows, step: 1, count: rows, into: &values, at: column, step: columns)
    }
    return (values, rows, columns)
  }
}

extension NPY.Header {
  /// Makes `count` doubles of every `step`th element of `raw`.
  fileprivate func decode(
    _ raw: [UInt8], from start: Int, step: Int, count: Int, into output: inout [Double],
    at place: Int, step outputStep: Int
  ) {
    raw.withUnsafeBytes { raw in
      output.withUnsafeMutableBufferPointer { output in
        func each<Bits: FixedWidthInteger>(
          _ value: (Bits) -> Double
        ) {
          for i in 0..<count {
            let bits = raw.loadUnaligned(
              fromByteOffset: (start + i * step) * MemoryLayout<Bits>.size, as: Bits.self)
            output[place + i * outputStep] = value(
              isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
          }
        }
        switch type {
        case .bool: each { (bits: UInt8) in bits == 0 ? 0 : 1 }
        case .int8: each { (bits: Int8) in Double(bits) }
        case .int16: each { (bits: Int16) in Double(bits) }
        case .int32: each { (bits: Int32) in Double(bits) }
        case .int64: each { (bits: Int64) in Double(bits) }
        case .uint8: each { (bits: UInt8) in Double(bits) }
        case .uint16: each { (bits: UInt16) in Double(bits) }
        case .uint32: each { (bits: UInt32) in Double(bits) }
        case .uint64: each { (bits: UInt64) in Double(bits) }
        case .float32: each { (bits: UInt32) in Double(Float(bitPattern: bits)) }
        case .float64: each { (bits: UInt64) in Double(bitPattern: bits) }
        }
      }
    }
  }
}
