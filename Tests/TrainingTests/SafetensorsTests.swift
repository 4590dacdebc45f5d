import Foundation
import Media
import Testing

@testable import Training

/// Every test has a folder of its own, gone when the test ends.
@Suite final class SafetensorsTests {
  let folder = NSTemporaryDirectory() + "safetensors-\(UUID().uuidString)"
  var path: String { folder + "/file.safetensors" }

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @Test func valuesComeBack() throws {
    let text = ["config": "{\"a\": [1, 2]}\n", "é\u{1}\\/": "🌊\u{1F}", "": ""]
    let floats: [Float] = [1.5, -0.0, .infinity, .leastNonzeroMagnitude, .pi, -3]
    try Safetensors.write(
      to: path, metadata: text,
      tensors: [
        TensorRecord("z", shape: [3], [UInt8](1...3)),
        TensorRecord("floats", shape: [2, 1, 3], floats),
        TensorRecord("scalar", shape: [], [Int32.min]),
        TensorRecord("none", shape: [4, 0], [Int64]()),
        TensorRecord("doubles", shape: [2], [1.25, -2.5]),
        TensorRecord("a \"name\"\n", shape: [2], [Int16.min, 7]),
      ])
    let file = try Safetensors(reading: path)
    #expect(file.metadata == text)
    #expect(try file.values("z") == [UInt8](1...3))
    let read: [Float] = try file.values("floats", shape: [2, 1, 3])
    #expect(read.map(\.bitPattern) == floats.map(\.bitPattern))
    #expect(try file.values("scalar", shape: []) == [Int32.min])
    #expect(try file.values("none", shape: [4, 0]) == [Int64]())
    #expect(try file.floats("doubles") == [1.25, -2.5])
    #expect(try file.values("a \"name\"\n") == [Int16.min, 7])
    #expect(file.entries.count == 6)
  }

  @Test(arguments: Safetensors.DType.allCases)
  func bytesComeBack(of dtype: Safetensors.DType) throws {
    let bytes = (0..<6 * dtype.byteSize).map { UInt8(truncatingIfNeeded: 37 * $0 + 11) }
    let record = TensorRecord("x", dtype: dtype, shape: [2, 3]) { body in
      try bytes.withUnsafeBytes { whole in
        try body(UnsafeRawBufferPointer(rebasing: whole[..<5]))
        try body(UnsafeRawBufferPointer(rebasing: whole[5...]))
      }
    }
    // One odd byte before it: what is misaligned in the file is aligned in memory.
    try Safetensors.write(to: path, tensors: [TensorRecord("odd", shape: [1], [UInt8(9)]), record])
    let file = try Safetensors(reading: path)
    #expect(file.entries["x"]?.dtype == dtype)
    #expect(file.entries["x"]?.shape == [2, 3])
    try file.bytes("x") {
      #expect(Array($0) == bytes)
      #expect(UInt(bitPattern: $0.baseAddress) % 8 == 0)
    }
  }

  @Test func halvesBecomeFloats() throws {
    let halves: [UInt16] = [0, 0x8000, 1, 0x83FF, 0x0400, 0x3C00, 0xC100, 0x7BFF, 0x7C00, 0xFC00]
    func record(_ name: String, _ dtype: Safetensors.DType) -> TensorRecord {
      TensorRecord(name, dtype: dtype, shape: [halves.count]) { body in
        try halves.withUnsafeBytes { try body($0) }
      }
    }
    try Safetensors.write(to: path, tensors: [record("half", .f16), record("brain", .bf16)])
    let file = try Safetensors(reading: path)
    let expected: [Float] = [
      0, -0.0, 0x1p-24, -0x1.FF8p-15, 0x1p-14, 1, -2.5, 65504, .infinity, -.infinity,
    ]
    #expect(try file.floats("half").map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(
      try file.floats("brain").map(\.bitPattern) == halves.map { UInt32($0) << 16 })
  }

  @Test func layoutIsTheFormats() throws {
    func write() throws -> [UInt8] {
      try Safetensors.write(
        to: path, metadata: ["b": "2", "a": "1"],
        tensors: [
          TensorRecord("y", shape: [1], [Int32(-2)]), TensorRecord("x", shape: [2], [UInt8(7), 8]),
        ])
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    let file = try write()
    let length = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0 && file[8] == UInt8(ascii: "{"))
    let object = try JSONSerialization.jsonObject(with: Data(file[8..<8 + length]))
    let expected: NSDictionary = [
      "__metadata__": ["a": "1", "b": "2"],
      "x": ["dtype": "U8", "shape": [2], "data_offsets": [4, 6]],
      "y": ["dtype": "I32", "shape": [1], "data_offsets": [0, 4]],
    ]
    #expect(expected.isEqual(object))
    #expect(file[(8 + length)...] == [0xFE, 0xFF, 0xFF, 0xFF, 7, 8])
    #expect(try write() == file)
  }

  // MARK: Damaged files

  /// Headers over 8 bytes of data, each with a part of the reason to refuse it.
  static let hostileHeaders: [(header: String, reason: String)] = [
    ("", "is not a safetensors file"),
    ("[]", "is not a safetensors file"),
    ("not JSON", "is not a safetensors file"),
    (String(repeating: "[", count: 100_000), "is not a safetensors file"),
    (#"{"a":"# + String(repeating: "[", count: 100_000), "expected '{'"),
    (String(repeating: #"{"a":"#, count: 100_000), "expected dtype"),
    (tensor("F32", "[" + String(repeating: "[", count: 100_000), "[0,8]"), "whole number"),
    (tensor("F32", "[2" + String(repeating: ",1", count: 100_000) + "]", "[0,8]"), "at most 64"),
    (tensor("F32", "[2]", "[0,8]") + "\0", "expected the end"),
    ("{\"a\0\"", "rest of a string"),
    (#"{"\ud800x":1}"#, "surrogate"),
    (#"{"\u12g4":1}"#, "hexadecimal"),
    (#"{"\x":1}"#, "an escape"),
    (#"{"a"#, "rest of a string"),
    (#"{"a\"#, "an escape"),
    (#"{"a\ud800\u"#, "hexadecimal"),
    (#"{"__metadata__":{"a":1}}"#, "expected '\"'"),
    (#"{"__metadata__":null}"#, "expected '{'"),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, "repeats the key \"a\""),
    (#"{"a":{"dtype":"F32","shape":[2]}}"#, "lacks"),
    (#"{"a":{"dtype":"F32","shape":[2],"offsets":[0,8]}}"#, "expected dtype"),
    (#"{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}"#, "expected '\"'"),
    (tensor("F31", "[2]", "[0,8]"), "unknown dtype \"F31\""),
    (tensor("F32", "2", "[0,8]"), "expected '['"),
    (tensor("F32", "[-2]", "[0,8]"), "whole number"),
    (tensor("F32", "[2.0]", "[0,8]"), "whole number"),
    (tensor("F32", "[2e0]", "[0,8]"), "whole number"),
    (tensor("F32", "[02]", "[0,8]"), "whole number"),
    (tensor("F32", "[true]", "[0,8]"), "whole number"),
    (tensor("F32", "[9223372036854775808]", "[0,8]"), "whole number"),
    (tensor("F32", "[1099511627776,1099511627776]", "[0,8]"), "overflows"),
    (tensor("F32", "[9223372036854775807]", "[0,8]"), "overflows"),
    (tensor("F32", "[3]", "[0,8]"), "needs 12 bytes, its offsets hold 8"),
    (tensor("F32", "[]", "[0,8]"), "needs 4 bytes"),
    (tensor("F32", "[2]", "[-1,7]"), "whole number"),
    (tensor("F32", "[2]", "[0]"), "lacks"),
    (tensor("F32", "[2]", "[0,8,8]"), "at most 2"),
    (tensor("F32", "[2]", "[8,0]"), "outside"),
    (tensor("F32", "[2]", "[1,9]"), "outside"),
    (tensor("F32", "[2]", "[9223372036854775799,9223372036854775807]"), "outside"),
    (tensor("F32", "[1]", "[4,8]"), "after a hole"),
    (tensor("F32", "[1]", "[0,4]"), "4 bytes at the end"),
    ("{}", "8 bytes at the end"),
    (
      #"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"#
        + #""b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, "\"b\" overlaps"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"#
        + #""\u0061":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}}"#, "repeats the key \"a\""
    ),
    (tensor("F32", "[2],", "[0,8]"), "expected '\"'"),
    (tensor("F32", "[2,]", "[0,8]"), "whole number"),
  ]

  static func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
    #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  static func bytes(header: String, length: UInt64? = nil, data: Int = 8) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 1, count: data)
  }

  func put(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  func expectRefusal(_ fragment: String, _ kind: FileError.Kind = .malformed, at path: String) {
    let error = #expect(throws: FileError.self) { try Safetensors(reading: path) }
    #expect(error?.kind == kind)
    #expect(error?.path == path)
    #expect(error?.reason.contains(fragment) == true, "\(error?.reason ?? "") lacks \(fragment)")
    #expect(error?.description.utf8.count ?? 0 < 500)
  }

  @Test func hostileHeadersAreRefused() throws {
    for (header, reason) in Self.hostileHeaders {
      try put(Self.bytes(header: header))
      expectRefusal(reason, at: path)
    }
    // The frame the table stands in is a good one.
    try put(Self.bytes(header: " " + Self.tensor("F32", " [ 2 ]", "[0\t,8]") + "\n  "))
    #expect(try Safetensors(reading: path).floats("a").count == 2)
    let escaped = Self.tensor("U8", "[8]", "[0,8]")
      .replacingOccurrences(of: #""a""#, with: #""\ud83c\udf0a\/""#)
    try put(Self.bytes(header: escaped))
    #expect(try Safetensors(reading: path).entries.keys.first == "🌊/")
  }

  @Test func hostileFilesAreRefused() throws {
    try put([])
    expectRefusal("is empty", at: path)
    for other in [[UInt8](repeating: 0, count: 8), Array("\u{89}PNG and so on".utf8)] {
      try put(other)
      expectRefusal("is not a safetensors file", at: path)
    }
    for length: UInt64 in [1 << 63, .max, 11, .max / 2] {
      try put(Self.bytes(header: "{}", length: length))
      expectRefusal("beyond the end", at: path)
    }
    try put([3, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0xFF, 0x7D])
    expectRefusal("UTF-8", at: path)
    try put(Self.bytes(header: "{}", data: 0))
    #expect(throws: FileError.self) { try Safetensors(reading: path, maximumHeader: 1) }
    #expect(try Safetensors(reading: path, maximumHeader: 2).entries.isEmpty)
    expectRefusal("is a directory", at: folder)
    expectRefusal("not a regular file", at: "/dev/null")
    expectRefusal("does not exist", .missing, at: folder + "/missing")
  }

  @Test func askingForAnotherTensorFails() throws {
    try Safetensors.write(to: path, tensors: [TensorRecord("x", shape: [2], [Int32(1), 2])])
    let file = try Safetensors(reading: path)
    #expect(throws: FileError.self) { try file.values("y", as: Int32.self) }
    #expect(throws: FileError.self) { try file.values("x", as: Float.self) }
    #expect(throws: FileError.self) { try file.values("x", as: Int32.self, shape: [1, 2]) }
    #expect(throws: FileError.self) { try file.floats("x") }
    #expect(truncate(path, 20) == 0)
    let error = #expect(throws: FileError.self) { try file.values("x", as: Int32.self) }
    #expect(error?.reason == "was cut short while it was read")
  }

  @Test func damageIsRefusedOrHarmless() throws {
    try Safetensors.write(
      to: path, metadata: ["config": "{\"depth\":3}\n"],
      tensors: [
        TensorRecord("w", shape: [2, 2], [Float](repeating: 0.5, count: 4)),
        TensorRecord("p", shape: [3], [Int32](0..<3)), TensorRecord("é", shape: [], [UInt8(1)]),
      ])
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var state: UInt64 = 2024
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let spice = Array("{}[]\",:\\u0198-.eE \n\0".utf8) + [0x80, 0xFF]
    var refused = 0
    for _ in 0..<3000 {
      var bad = good
      for _ in 0...random(3) where !bad.isEmpty {
        let place = random(bad.count)
        switch random(6) {
        case 0: bad[place] = UInt8(random(256))
        case 1: bad[place] ^= 1 << random(8)
        case 2: bad.insert(spice[random(spice.count)], at: place)
        case 3: bad.remove(at: place)
        case 4: bad[place] = spice[random(spice.count)]
        default: bad.removeLast(random(bad.count))
        }
      }
      // Half keep a true header length (the data is 29 bytes), so that damage gets past it.
      if random(2) == 0, bad.count >= 8 + 29 {
        let length = bad.count - 8 - 29
        bad.replaceSubrange(..<8, with: Self.bytes(header: "", length: UInt64(length), data: 0))
      }
      try put(bad)
      do {
        let file = try Safetensors(reading: path)
        for name in file.entries.keys {
          try file.bytes(name) { _ = $0.reduce(0, ^) }
          _ = try? file.floats(name)
        }
      } catch is FileError {
        refused += 1
      }
    }
    #expect((1500..<3000).contains(refused))
  }
}
