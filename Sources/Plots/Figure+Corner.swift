import Media

extension Figure {
  /// The most columns that a corner plot shows.
  public static let cornerLimit = 8

  /// Every pair of columns: histograms of data and samples on the diagonal, the data's points below
  /// it, the samples' above.
  ///
  /// `data` and `samples` are lists of columns, in the order of `names`. Of more than `cornerLimit`
  /// the first are shown, and the heading says so. An axis leaves out a few of the data that lie
  /// far from the rest; the legend counts the rows that are so lost. Without rows of data all shows
  /// samples.
  public static func corner(
    data: [[Double]], samples: [[Double]], names: [String], title: String = ""
  ) -> Figure {
    precondition(
      data.count == names.count && samples.count == names.count && !names.isEmpty,
      "data and samples have the columns that are named")
    precondition(
      [data, samples].allSatisfy { table in table.allSatisfy { $0.count == table[0].count } },
      "all columns of a table are equally long")
    let count = min(names.count, cornerLimit)
    let first = count < names.count ? "the first \(count) of \(grouped(names.count)) columns" : ""
    let heading = [title, first].filter { !$0.isEmpty }.joined(separator: ": ")
    let side = Double(max(480, 60 + 125 * count))
    let shares = [Double](repeating: 1, count: count)
    var figure = Figure(heading, width: side, height: side + 30, rows: shares, columns: shares)
    let isAlone = data[0].isEmpty
    let ranges = (isAlone ? samples : data).prefix(count).map(view)
    let isParted = count > 1 && !isAlone
    let ofData = Mark.histogram(
      [], color: .vermilion, label: (isParted ? "data, below" : "data") + note(data, ranges))
    let ofSamples = Mark.histogram(
      [], color: .blue, isFilled: false,
      label: (isParted ? "samples, above" : "samples") + note(samples, ranges))
    figure.key = isAlone ? [ofSamples] : [ofData, ofSamples]
    func axis(_ column: Int, isNumbered: Bool = true) -> Axis {
      Axis(
        isNumbered ? names[column] : "", range: ranges[column], link: "\(column)",
        ticks: isNumbered ? nil : [])
    }
    let limit = max(500, 40_000 / (count * count))
    for row in 0..<count {
      let bins = HistogramShape.advised((isAlone ? samples : data)[row], ranges[row])
      figure[row, row] = Panel(
        x: axis(row), y: Axis(row > 0 ? "" : count == 1 ? "density" : names[0], ticks: []),
        marks: [
          .histogram(data[row], bins: bins, range: ranges[row], color: .vermilion),
          .histogram(
            samples[row], bins: bins, range: ranges[row], color: .blue, isFilled: false),
        ])
      for column in 0..<count where column != row {
        let isData = column < row && !isAlone
        let table = isData ? data : samples
        figure[row, column] = Panel(
          x: axis(column), y: axis(row, isNumbered: row > 0),
          marks: [
            .points(
              x: table[column], y: table[row], color: isData ? .vermilion : .blue, limit: limit)
          ])
      }
    }
    return figure
  }

  /// How many rows a table has, and how many of them lie beyond an axis or are not finite.
  private static func note(_ table: [[Double]], _ ranges: [ClosedRange<Double>]) -> String {
    let rows = table.first?.count ?? 0
    let lost = (0..<rows).reduce(0) { lost, row in
      zip(table, ranges).allSatisfy { $1.contains($0[row]) } ? lost : lost + 1
    }
    let all = ": \(counted(rows, "row"))"
    return lost == 0 ? all : all + ", \(grouped(lost)) beyond an axis"
  }
}
