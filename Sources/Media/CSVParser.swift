import CCSV

/// What reads a text's cells and ends of lines as they come.
protocol CSVReceiver {
  /// Takes a cell, whose bytes are gone after the call.
  mutating func cell(_ bytes: UnsafeBufferPointer<UInt8>)
  /// Takes the end of a line: CR or LF outside of quotes, after cells or not; −1 where the text
  /// ends within a row.
  mutating func lineEnd(_ byte: Int32)
}

/// libcsv over the pieces of a text. Quotes must be well-formed; spaces around a cell are taken
/// off.
final class CSVParser<Receiver: CSVReceiver> {
  private var parser = csv_parser()

  init(delimiter: UInt8) {
    csv_init(&parser, UInt8(CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL))
    csv_set_delim(&parser, delimiter)
    csv_set_blk_size(&parser, 4096)
  }

  deinit { csv_free(&parser) }

  /// How long the longest cell so far is, to 4 KiB.
  var longestCell: Int { csv_get_buffer_size(&parser) }

  /// Reads a piece; false if a quote stands where none may.
  func parse(_ bytes: UnsafeRawBufferPointer, into receiver: inout Receiver) -> Bool {
    calls(&receiver) {
      csv_parse(&parser, bytes.baseAddress, bytes.count, passCell, passLineEnd, $0)
    } == bytes.count
  }

  /// Ends the text; false if it ends between quotes.
  func finish(into receiver: inout Receiver) -> Bool {
    calls(&receiver) { csv_fini(&parser, passCell, passLineEnd, $0) } == 0
  }

  /// C's callbacks can't be generic, so they find the receiver through closures.
  private func calls<R>(
    _ receiver: inout Receiver, _ body: (UnsafeMutableRawPointer) -> R
  ) -> R {
    withUnsafeMutablePointer(to: &receiver) { receiver in
      var calls = Calls(
        cell: { receiver.pointee.cell($0) }, lineEnd: { receiver.pointee.lineEnd($0) })
      return withUnsafeMutablePointer(to: &calls) { body(UnsafeMutableRawPointer($0)) }
    }
  }
}

private struct Calls {
  let cell: (UnsafeBufferPointer<UInt8>) -> Void
  let lineEnd: (Int32) -> Void
}

private func passCell(
  _ bytes: UnsafeMutableRawPointer?, _ count: Int, _ calls: UnsafeMutableRawPointer?
) {
  let start = UnsafePointer(bytes?.assumingMemoryBound(to: UInt8.self))
  calls?.assumingMemoryBound(to: Calls.self).pointee.cell(
    UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
}

private func passLineEnd(_ byte: Int32, _ calls: UnsafeMutableRawPointer?) {
  calls?.assumingMemoryBound(to: Calls.self).pointee.lineEnd(byte)
}
