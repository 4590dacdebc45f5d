/// A colour in sRGB, with opacity; every part from 0 to 1.
public struct Color: Equatable, Sendable {
  /// The parts.
  public var red, green, blue, opacity: Double

  /// The colour of these parts.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// The colour 0xRRGGBB.
  public init(hex: Int) {
    self.init(
      red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255,
      blue: Double(hex & 255) / 255)
  }

  /// The same colour, that much opaque.
  public func opacity(_ opacity: Double) -> Color {
    var color = self
    color.opacity = opacity
    return color
  }

  /// The colour between this (0) and white (1).
  func lightened(_ amount: Double) -> Color {
    Color(
      red: red + (1 - red) * amount, green: green + (1 - green) * amount,
      blue: blue + (1 - blue) * amount, opacity: opacity)
  }

  // Okabe and Ito's palette: told apart by every kind of colour-blind eye.
  /// #0072B2.
  public static let blue = Color(hex: 0x0072B2)
  /// #D55E00.
  public static let vermilion = Color(hex: 0xD55E00)
  /// A bluish green, #009E73.
  public static let green = Color(hex: 0x009E73)
  /// A reddish purple, #CC79A7.
  public static let purple = Color(hex: 0xCC79A7)
  /// #E69F00.
  public static let orange = Color(hex: 0xE69F00)
  /// A light blue, #56B4E9.
  public static let sky = Color(hex: 0x56B4E9)
  /// Nearly black, #202020: text and axes.
  public static let black = Color(hex: 0x202020)
  /// #8C8C8C.
  public static let gray = Color(hex: 0x8C8C8C)
  /// #FFFFFF.
  public static let white = Color(hex: 0xFFFFFF)

  /// The colour of the series `index`: six of the palette, again and again.
  public static func series(_ index: Int) -> Color {
    let palette = [blue, vermilion, green, purple, orange, sky]
    return palette[(index % palette.count + palette.count) % palette.count]
  }
}
