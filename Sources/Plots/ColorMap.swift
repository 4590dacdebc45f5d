import Foundation

/// Colours for numbers from 0 to 1, with a lightness that runs straight: equal steps look equal.
///
/// The colours lie on a line in OKLab (Ottosson, 2020) in lightness and in hue, so that they keep
/// their order in gray and for every colour-blind eye.
public struct ColorMap: Equatable, Sendable {
  /// Lightness, chroma and hue (degrees) at 0, and what is added up to 1.
  private let lightness, chroma, hue: (from: Double, to: Double)

  /// From white by blue to dark violet: densities on a light page, with points over them.
  public static let ink = ColorMap(
    lightness: (0.995, 0.38), chroma: (0.0, 0.15), hue: (215, 280))
  /// From dark violet by teal to yellow, like viridis.
  public static let glow = ColorMap(
    lightness: (0.27, 0.92), chroma: (0.12, 0.16), hue: (305, 105))

  /// The colour of a number, which is brought into 0...1.
  public func color(_ value: Double) -> Color {
    let t = min(max(value, 0), 1)
    let l = lightness.from + (lightness.to - lightness.from) * t
    let c = chroma.from + (chroma.to - chroma.from) * t
    let h = (hue.from + (hue.to - hue.from) * t) * .pi / 180
    return Self.color(lightness: l, a: c * cos(h), b: c * sin(h))
  }

  public static func == (one: ColorMap, other: ColorMap) -> Bool {
    one.lightness == other.lightness && one.chroma == other.chroma && one.hue == other.hue
  }

  /// OKLab to sRGB; what no screen shows is cut off.
  private static func color(lightness: Double, a: Double, b: Double) -> Color {
    func cube(_ x: Double) -> Double { x * x * x }
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b)
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b)
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b)
    func encoded(_ linear: Double) -> Double {
      let x = min(max(linear, 0), 1)
      return x <= 0.003_130_8 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055
    }
    return Color(
      red: encoded(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
      green: encoded(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
      blue: encoded(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s))
  }
}
