/// What a file is judged by; more is more surprising.
public enum Score: String, CaseIterable, Sendable {
  /// The distance of all statistics but the bits from those of known-good files.
  case combined
  /// Bits a dimension, of a table's row in all.
  case bits
  /// How far bits are from those of known-good files, either way. Nalisnick et al. (2019).
  case typicality
  /// The distance of each level's log-det and log density. After Morningstar et al. (2021), DoSE.
  case levels
  /// Bits less what PNG or FLAC needs for the same. Serrà et al. (2020).
  case complexity
  /// How far the distribution of the latents is from N(0, 1).
  case fit
  /// What PNG needs for an image, or FLAC for the windows of a sound, bits a dimension: no model at
  /// all.
  case size

  /// Those that can be made of these statistics: of a table's there is no packed size.
  static func all(of statistics: Statistics) -> [Score] {
    statistics.names.contains(Statistics.Name.size)
      ? allCases : [.combined, .bits, .typicality, .levels]
  }

  /// The columns that it is made of.
  func columns(of statistics: Statistics) -> [String] {
    switch self {
    case .combined: statistics.names.filter { $0 != Statistics.Name.bits }
    case .bits, .typicality: [Statistics.Name.bits]
    case .levels:
      statistics.names.filter { name in
        !name.hasPrefix(Statistics.Name.latent)
          && (name.hasSuffix("log-det") || name.hasSuffix("log density"))
      }
    case .complexity: [Statistics.Name.bits, Statistics.Name.size]
    case .fit: [Statistics.Name.fit]
    case .size: [Statistics.Name.size]
    }
  }

  /// Whether it is a distance from the known-good files, and not a number of the file alone.
  var isDistance: Bool { [.combined, .typicality, .levels].contains(self) }

  /// The number of a row's columns.
  func value(_ row: ArraySlice<Double>) -> Double {
    switch self {
    case .complexity: row[row.startIndex] - row[row.startIndex + 1]
    default: row[row.startIndex]
    }
  }
}
