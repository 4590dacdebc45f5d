import Foundation
import Media

/// An image or a sound that the page has before it.
enum Example: Sendable {
  case image(Image)
  case sound(Sound)

  /// How much memory it takes.
  var bytes: Int {
    switch self {
    case .image(let image): image.pixels.count
    case .sound(let sound): 2 * sound.samples.count
    }
  }

  /// Its samples, as the models take them.
  var samples: [Int16] {
    switch self {
    case .image(let image): image.pixels.map { Int16($0) }
    case .sound(let sound): sound.samples
    }
  }
}

/// An example as the page draws or plays it: its samples, in base 64. A picture's are bytes, a
/// sound's 16-bit integers, little end first.
struct ExampleData: Encodable, Sendable {
  /// What the page calls it by, where something can be done with it.
  var id: String?
  var kind: String
  var width = 0, height = 0, channels = 1
  var rate: Int?
  var samples: String

  init(_ example: Example, id: String? = nil) {
    self.id = id
    switch example {
    case .image(let image):
      kind = "image"
      (width, height, channels) = (image.width, image.height, image.channels)
      samples = Data(image.pixels).base64EncodedString()
    case .sound(let sound):
      kind = "sound"
      (width, height, channels, rate) = (sound.frames, 1, sound.channels, sound.rate)
      samples = sound.samples.map(\.littleEndian).withUnsafeBytes { Data($0) }.base64EncodedString()
    }
  }
}

/// Numbers on a grid, as float32 in base 64, little end first.
struct GridData: Encodable, Sendable {
  let width, height: Int
  let values: String

  init(width: Int, height: Int, _ values: [Float]) {
    (self.width, self.height) = (width, height)
    self.values = values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
      .base64EncodedString()
  }
}

/// Rows of numbers and their columns' names.
struct RowsData: Encodable, Sendable {
  let columns: [String]
  let rows: [[Double]]

  init(columns: [String], values: [Double]) {
    self.columns = columns
    let n = max(1, columns.count)
    rows = stride(from: 0, to: values.count, by: n).map { Array(values[$0..<$0 + n]) }
  }
}
