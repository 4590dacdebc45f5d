/// The cyclic redundancy check of Castagnoli's polynomial, as iSCSI has it (RFC 3720, B.4).
package enum CRC32C {
  /// The check of some bytes.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    return ~crc
  }

  /// What each byte comes to.
  private static let table = (UInt32(0)..<256).map { byte in
    var crc = byte
    // the polynomial's bits, turned round
    for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0x82F6_3B78 }
    return crc
  }
}
