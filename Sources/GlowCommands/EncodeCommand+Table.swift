import Media
import Models
import Training

extension EncodeCommand {
  /// The latents of a table's rows, as a table.
  func encodeTable(_ latents: RowLatents) throws {
    try refuse(["fit": fit.fit, "follow-links": links.follow], notForTables)
    try check(files.count == 1, "one table at a time: the model is of a table")
    let table = try Table(
      reading: files[0], columns: latents.rowColumns, dropMissing: tableOptions.dropMissing)
    table.sayDropped()
    table.sayPassedOver()
    try TableWriter.write(to: output, columns: latents.columns, as: latents.latentNumber) {
      writer in
      try latents.encode(table) { try writer.append($0) }
    }
    print("\(counted(table.rows, "row")) as latents in \(output)")
  }
}

extension DecodeCommand {
  /// The rows of a table of latents.
  func decodeTable(_ model: RowLatents) throws {
    let table = try Table(reading: latents, dropMissing: tableOptions.dropMissing)
    table.sayDropped()
    try TableWriter.write(to: output, columns: model.rowColumns, as: model.number) { writer in
      try model.decode(table) { try writer.append($0) }
    }
    print("\(counted(table.rows, "row")) in \(output)")
  }
}
