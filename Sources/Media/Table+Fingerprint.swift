extension Table {
  /// Sixteen digits that other numbers, another order of the rows or other names have otherwise.
  public var fingerprint: String {
    var hash = Checksum()
    for name in columns { hash.add("\(name)\0".utf8) }
    values.withUnsafeBytes { hash.add($0) }
    return hash.digits
  }
}
