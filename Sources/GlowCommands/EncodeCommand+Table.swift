import Media
import Models
import Training

extension EncodeCommand {
  /// The latents of a table's rows, as a table.
  func encodeTable(_ flow: FlowDensity) throws {
    try refuse(["fit": fit.fit, "follow-links": links.follow], notForTables)
    try check(files.count == 1, "one table at a time: the model is of a table")
    let c = flow.configuration
    let table = try Table(
      reading: files[0], columns: c.columnsWithContext, dropMissing: tableOptions.dropMissing)
    table.sayDropped()
    table.sayPassedOver()
    let latents = RowLatents(flow)
    try TableWriter.write(to: output, columns: latents.columns, as: c.latentNumber) { writer in
      try latents.encode(table) { try writer.append($0) }
    }
    print("\(counted(table.rows, "row")) as latents in \(output)")
  }
}

extension DecodeCommand {
  /// The rows of a table of latents.
  func decodeTable(_ flow: FlowDensity) throws {
    let c = flow.configuration
    let table = try Table(reading: latents, dropMissing: tableOptions.dropMissing)
    table.sayDropped()
    try TableWriter.write(to: output, columns: c.columnsWithContext, as: c.number) { writer in
      try RowLatents(flow).decode(table) { try writer.append($0) }
    }
    print("\(counted(table.rows, "row")) in \(output)")
  }
}
