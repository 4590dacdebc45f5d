import Foundation
import Media
import Testing

/// What does not belong, by the programs.
extension CommandTests {
  private func makeTested() throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder)/tested/good", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: "\(folder)/tested/inverted", withIntermediateDirectories: true)
    for i in 20..<40 {
      let image = try PNG.read(Self.root + String(format: "/data/glyphs/3/%04d.png", i)).image
      try PNG.write(image, to: "\(folder)/tested/good/\(i).png")
      let inverted = Image(
        width: 32, height: 32, channels: 1, pixels: image.pixels.map { 255 - $0 })
      try PNG.write(inverted, to: "\(folder)/tested/inverted/\(i).png")
    }
  }

  @Test func detectsImages() throws {
    try train(steps: 2)
    try makeTested()
    let early = try run("glow detect run --images tested")
    #expect(early.status == 66 && early.error.contains("has no calibration"), "\(early.error)")
    let calibrated = try run("glow calibrate run --images images")
    #expect(calibrated.status == 0 && calibrated.error.contains("the model has learned from these"))
    let few = try run("glow detect run --images tested")
    #expect(
      few.status == 64 && few.error.contains("needs more than 100 known-good examples"),
      "\(few.error)"
    )
    let line =
      "glow detect run --images tested --alarm 0.1 --per-file s.csv --maps maps --top 3 --together"
    let found = try json(try run("\(line) --json").output)
    let kinds = try #require(found["kinds"] as? [String: [String: Any]])
    #expect(kinds["inverted"]?["auroc"] as? Double == 1)
    #expect(kinds["inverted"]?["average_precision"] as? Double == 1)
    #expect(kinds["inverted"]?["alarms"] as? Double == 1)
    #expect(kinds["good"]?["auroc"] == nil && kinds["good"]?["files"] as? Int == 20)
    #expect((found["together"] as? [String: Double])?["p"] ?? 1 < 0.01)
    let full = try run(line)
    #expect(full.status == 64 && full.error.contains("maps: is not empty"), "\(full.error)")
    let text = try run(
      "glow detect run --images tested --alarm 0.1 --calibration run/best.calibration.safetensors")
    #expect(text.output.contains("AUROC of size alone"), "\(text.output)")
    let maps = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/maps").sorted()
    #expect(maps.count == 6 && maps[0].hasPrefix("0001-") && maps[0].hasSuffix(".npy"), "\(maps)")
    #expect(try read("maps/\(maps[0])").values.count == 1024)
    let cells = try CSV.cells(reading: "\(folder)/s.csv")
    #expect(cells.count == 41 && cells[0].starts(with: ["file", "kind", "p", "alarm", "combined"]))
    #expect(try run("glow plot run --scores s.csv --alarm 0.1 --output s.png").status == 0)
    #expect(try PNG.read("\(folder)/s.png").image.width > 500)
    try makeTable()
    let wrong = try run("glow plot run --scores t.csv --alarm 0.1 --output s.png")
    #expect(wrong.status == 65 && wrong.error.contains("has no columns kind and combined"))
    // other weights
    let raw = try run("glow detect run --weights raw --images tested")
    #expect(raw.status == 65 && raw.error.contains("other weights"), "\(raw.error)")
  }

  /// Larger images by tiles, known to be good by tiles as well.
  @Test func detectsInTiles() throws {
    try train(steps: 2)
    try FileManager.default.createDirectory(
      atPath: "\(folder)/large", withIntermediateDirectories: true)
    for n in 0..<24 {
      var pixels = [UInt8](repeating: 0, count: 80 * 48)
      for tile in 0..<2 {
        let image = try PNG.read(
          Self.root + String(format: "/data/glyphs/5/%04d.png", 2 * n + tile)
        )
        .image
        for i in 0..<1024 { pixels[(8 + i / 32) * 80 + tile * 40 + i % 32] = image.pixels[i] }
      }
      try PNG.write(
        Image(width: 80, height: 48, channels: 1, pixels: pixels), to: "\(folder)/large/\(n).png")
    }
    let calibrated = try run("glow calibrate run --images large")
    #expect(calibrated.error.contains("tiles of 32x32 that overlap by half"), "\(calibrated.error)")
    let found = try run("glow detect run --images large --alarm 0.1 --maps maps --top 1")
    #expect(found.status == 0, "\(found.error)")
    let whole = try run("glow detect run --images images --alarm 0.1")
    #expect(whole.status == 65 && whole.error.contains("in tiles of 32x32"), "\(whole.error)")
  }

  @Test func detectsRows() throws {
    try makeTable()
    #expect(try run("glow fit t.csv --columns a,b --iterations 20 --output t").status == 0)
    #expect(try run("glow calibrate t --table t.csv").status == 0)
    let found = try run("glow detect t --table t.csv --alarm 0.05 --top 2 --json")
    #expect(found.status == 0, "\(found.error)")
    #expect(try json(found.output)["files"] as? Int == 400)
    // those left out are counted
    let lines = "a,b\n1,\n" + (0..<30).map { "\($0 % 3 - 1).5,0.\($0)\n" }.joined()
    try AtomicFile.write(lines, to: "\(folder)/missing.csv")
    let left = try json(
      run("glow detect t --table missing.csv --drop-missing --alarm 0.05 --top 40 --json").output)
    let rows = (left["top"] as? [[String: Any]] ?? []).compactMap { $0["file"] as? String }
    #expect(Set(rows) == Set((2...31).map { "\($0)" }) && left["passed_over"] as? Int == 1)
    let small = try run("glow detect t --table t.csv --alarm 1e-300")
    #expect(small.status == 64 && small.error.contains("needs more than"), "\(small.error)")
    let refused = try run("glow detect t --table t.csv --score complexity")
    #expect(refused.status == 64 && refused.error.contains("of a table there are"))
  }
}
