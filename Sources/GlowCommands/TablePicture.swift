import Media
import Plots

/// A picture of the rows of a table that a run drew.
enum TablePicture {
  /// Draws every pair of columns of a table's file, to a PNG file. Throws a `FileError` if the one
  /// can't be read or the other can't be written.
  static func draw(_ path: String, to picture: String) throws {
    let table = try Table(reading: path)
    let columns = table.columns.indices.map { column in
      stride(from: column, to: table.values.count, by: table.columns.count).map { table.values[$0] }
    }
    try Plots.Figure.corner(
      data: columns.map { _ in [] }, samples: columns, names: table.columns
    ).write(to: picture, pixelsPerPoint: 1)
  }
}
