/// A message of protocol buffers: fields by their numbers, in the wire format.
package struct ProtobufMessage: ExpressibleByDictionaryLiteral, Sendable {
  /// What a field may hold.
  package enum Value: Sendable {
    /// Of 0 and up; also a truth value or a case of an enumeration.
    case integer(Int)
    case float(Float)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case message(ProtobufMessage)
  }

  /// The message as it is sent.
  package private(set) var bytes: [UInt8] = []

  /// A message of some fields; one that repeats stands there several times.
  package init(_ fields: [(Int, Value)]) {
    for (number, value) in fields { add(number, value) }
  }

  package init(dictionaryLiteral fields: (Int, Value)...) { self.init(fields) }

  private mutating func add(_ number: Int, _ value: Value) {
    switch value {
    case .integer(let value):
      addVariable(number << 3)
      addVariable(value)
    case .double(let value):
      addVariable(number << 3 | 1)
      addFixed(value.bitPattern)
    case .float(let value):
      addVariable(number << 3 | 5)
      addFixed(value.bitPattern)
    case .text(let text): add(number, .bytes(Array(text.utf8)))
    case .message(let message): add(number, .bytes(message.bytes))
    case .bytes(let value):
      addVariable(number << 3 | 2)
      addVariable(value.count)
      bytes += value
    }
  }

  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  private mutating func addVariable(_ value: Int) {
    var rest = UInt(value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func addFixed(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
