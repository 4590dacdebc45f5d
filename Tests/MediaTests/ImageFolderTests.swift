import Foundation
import Media
import Testing

@Suite struct ImageFolderTests {
  @Test func findsWhatItShouldInOrder() throws {
    let folder = try TemporaryFolder()
    for name in ["b/2.png", "b/deep/1.PNG", "a/1.png", "b-/x.png", ".hidden.png", ".dir/x.png"] {
      try folder.put(name, noiseImage(4, 4, 1))
    }
    try folder.put("a/notes.txt", [1])
    for (link, target) in [("a/link.png", "1.png"), ("loop", ".")] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(link)", withDestinationPath: target)
    }
    try folder.put("b/big.png", noiseImage(6, 4, 3))
    let images = try ImageFolder(folder.path)
    let names = images.files.map { String($0.path.dropFirst(folder.path.count + 1)) }
    #expect(names == ["a/1.png", "b-/x.png", "b/2.png", "b/big.png", "b/deep/1.PNG"])
    #expect(images.classes == ["a", "b", "b-"])
    #expect(images.mostCommonSize == (4, 4))
    #expect(images.channels == 3)

    let set = try images.load(width: 4, height: 4, channels: 3)
    #expect(set.labels == [0, 2, 1, 1, 1])
    #expect(set.subset([4, 0]).labels == [1, 0])
    #expect(set.subset([4, 0]).paths == [images.files[4].path, images.files[0].path])

    try folder.put("top.png", noiseImage(4, 4, 1))
    #expect(try ImageFolder(folder.path).classes.isEmpty)
  }

  /// A run's directory, that of a run to come, and the samples of a run that wrote into its data.
  @Test func whatRunsWroteIsNoData() throws {
    let folder = try TemporaryFolder()
    try folder.put("a.png", noiseImage(4, 4, 1))
    for run in ["r", "deep/r"] {
      for name in ["metrics.jsonl", "last.safetensors"] { try folder.put("\(run)/\(name)", [1]) }
      try folder.put("\(run)/samples/1.png", noiseImage(4, 4, 1))
    }
    try folder.put("out/b.png", noiseImage(4, 4, 1))
    func names(_ path: String, output: String? = nil) throws -> [String] {
      try ImageFolder(path, output: output).files.map { String($0.path.dropFirst(path.count + 1)) }
    }
    #expect(try names(folder.path) == ["a.png", "out/b.png"])
    let output = folder.path + "/deep/../out/"
    #expect(try names(folder.path, output: output) == ["a.png"])
    let notes = try ImageFolder(folder.path, output: output)
      .load(width: 4, height: 4, channels: 1).notes
    #expect(notes == ["3 runs' directories passed over"])
    let only = try fileError { _ = try ImageFolder(folder.path + "/deep") }
    #expect(only.reason == "holds no PNG files; 1 run's directory passed over")
    #expect(try names(folder.path + "/r/samples") == ["1.png"], "asked for by name")

    try folder.put("samples/1.png", noiseImage(4, 4, 1))
    #expect(try names(folder.path).count == 3)
    #expect(try names(folder.path, output: folder.path + "/").count == 2)
    let events = "events.out.tfevents.1700000000.host.1"
    for name in ["metrics.jsonl", "last.safetensors", "config.yaml", events] {
      try folder.put(name, [1])
    }
    let own = try ImageFolder(folder.path)
    #expect(own.files.count == 2)
    let ownNotes = try own.load(width: 4, height: 4, channels: 1).notes
    #expect(ownNotes[0] == "3 runs' directories passed over" && !"\(ownNotes)".contains("yaml"))
    #expect(!"\(ownNotes)".contains("other file"), "nor are event files data")
  }

  @Test func whatIsPassedOverIsCounted() throws {
    let folder = try TemporaryFolder()
    for name in ["1.jpg", "2.JPEG", "a/3.jpg"] { try folder.put(name, [1]) }
    let none = try fileError { _ = try ImageFolder(folder.path) }
    #expect(none.reason == "holds no PNG files; 3 JPEG files passed over; only PNG is read")
    try folder.put("4.png", noiseImage(4, 4, 1))
    for name in ["README", "b.txt", "c.t\u{1B}", ".hidden"] { try folder.put(name, [1]) }
    let notes = try ImageFolder(folder.path).load(width: 4, height: 4, channels: 1).notes
    #expect(notes == ["6 other files passed over (JPEG, .txt); only PNG is read"])
  }

  @Test func imagesThatComeAgainAreCounted() throws {
    let folder = try TemporaryFolder()
    func notes(_ memoryLimit: Int = 1 << 31) throws -> [Note] {
      try ImageFolder(folder.path)
        .load(width: 4, height: 4, channels: 1, memoryLimit: memoryLimit).notes
    }
    for i in 0..<4 { try folder.put("\(i).png", noiseImage(4, 4, 1)) }
    #expect(try notes() == [Note("all images are the same", isWarning: true)])
    #expect(try notes(0).isEmpty, "not read yet")
    for i in 2..<9 { try folder.put("\(i).png", noiseImage(4, 4, 1, seed: UInt64(i))) }
    let one = try notes()
    #expect(one.count == 1 && one[0].text.hasPrefix("1 of 9 images repeat another"), "\(one)")
    #expect(!one[0].isWarning)
  }

  /// Whatever leads to a file, it is read once, by its own name if that lies in the folder.
  @Test func linksAreFollowedOnce() throws {
    let (folder, far) = (try TemporaryFolder(), try TemporaryFolder())
    for i in 1...2 { try folder.put("real/\(i).png", noiseImage(4, 4, 1, seed: UInt64(i))) }
    for name in ["x.png", "deep/y.png", "notes.txt"] { try far.put(name, noiseImage(4, 4, 1)) }
    let targets = [
      "a.png": "real/1.png", "b.png": far.path + "/x.png", "far": far.path, "z": far.path + "/deep",
      "real/loop": "..", "gone.png": "nowhere", "gone.txt": "nowhere",
    ]
    for (link, target) in targets {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(link)", withDestinationPath: target)
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(far.path)/deep/up", withDestinationPath: folder.path)
    let plain = try ImageFolder(folder.path)
    #expect(plain.files.count == 2)
    #expect(
      try plain.load(width: 4, height: 4, channels: 1).notes
        == [Note("7 symbolic links not followed", remedy: .followLinks)])
    let followed = try ImageFolder(folder.path, followingLinks: true)
    let names = followed.files.map { String($0.path.dropFirst(folder.path.count + 1)) }
    #expect(names == ["b.png", "far/deep/y.png", "real/1.png", "real/2.png"])
    #expect(followed.bad.map(\.reason) == ["is a symbolic link to nothing"])
    #expect(try followed.manifest().entries.count == 4)
    try FileManager.default.linkItem(
      atPath: folder.path + "/real/1.png", toPath: folder.path + "/real/3.png")
    #expect(
      try ImageFolder(folder.path, followingLinks: true).files.count == 5, "a name of its own")
  }

  @Test func equallyCommonSizesPreferTheLargest() throws {
    let folder = try TemporaryFolder()
    for (i, (w, h)) in [(2, 9), (9, 2), (3, 3)].enumerated() {
      try folder.put("\(i).png", noiseImage(w, h, 1))
    }
    #expect(try ImageFolder(folder.path).mostCommonSize == (9, 2))
    #expect(try ImageFolder(folder.path).channels == 1)
  }

  @Test func equallyCommonSizesKeepWhatTheyCan() throws {
    let folder = try TemporaryFolder()
    for (i, side) in [4, 5, 6, 7].enumerated() {
      try folder.put("\(i).png", noiseImage(side, side, 1))
    }
    let scan = try ImageFolder(folder.path)
    #expect(scan.mostCommonSize == (5, 5), "three in four are as large")
    let all = try scan.load(width: 4, height: 4, channels: 1)
    #expect(all.count == 4 && all.notes.allSatisfy { !$0.isWarning })
    let few = try scan.load(width: 7, height: 7, channels: 1).notes
    #expect(few.map(\.isWarning) == [true] && few[0].remedy == .smallerSize, "\(few)")
  }

  @Test func foldersWithoutImagesSayWhy() throws {
    let folder = try TemporaryFolder()
    #expect(try fileError { _ = try ImageFolder(folder.path) }.reason == "holds no PNG files")
    let missing = try fileError { _ = try ImageFolder("\(folder.path)/none") }
    #expect(missing.kind == .missing && missing.reason == "does not exist")
    let file = try folder.put("a.png", [1])
    #expect(try fileError { _ = try ImageFolder(file) }.reason == "is not a folder")
    let bad = try fileError { _ = try ImageFolder(folder.path) }
    #expect(
      bad.reason == "holds no PNG file that can be read, the first: \(file): is not a PNG file")
  }

  @Test(arguments: [1 << 31, 0]) func oneShapeWhateverTheFiles(memoryLimit: Int) throws {
    let folder = try TemporaryFolder()
    let same = noiseImage(8, 6, 3)
    let large = noiseImage(20, 20, 1)
    try folder.put("0.png", same)
    try folder.put("1.png", large)
    try folder.put("2.png", noiseImage(7, 20, 3))
    let samples = noise(192).map(Int.init)
    let deep = RawPNG(width: 8, height: 6, color: .rgba, depth: 16, samples: samples)
    try folder.put("3.png", deep.bytes)
    let set = try ImageFolder(folder.path).load(
      width: 8, height: 6, channels: 3, memoryLimit: memoryLimit)
    #expect(set.count == 3 && set.tooSmall == 1 && set.labels == nil)
    #expect(try pixels(set, 0) == same.pixels)
    #expect(try pixels(set, 1) == large.fitted(width: 8, height: 6)?.converted(channels: 3).pixels)
    #expect(
      set.notes == [
        "2 of 4 images had another size than 8x6: 1 cropped or scaled down, 1 smaller and left out",
        "alpha was composed over black in 1 image",
        "16-bit samples were reduced to 8 bits in 1 image",
        "1 image turned from gray to RGB",
      ])
    let none = try fileError {
      _ = try ImageFolder(folder.path).load(width: 21, height: 6, channels: 3)
    }
    #expect(none.reason == "holds no image as large as 21x6")
  }

  @Test func upToOneBadFileInTenIsLeftOut() throws {
    let folder = try TemporaryFolder()
    for i in 10..<30 { try folder.put("\(i).png", noiseImage(8, 8, 1, seed: UInt64(i))) }
    try folder.put("12.png", Array("no".utf8))
    let one = try ImageFolder(folder.path).load(width: 8, height: 8, channels: 1)
    #expect(one.count == 19 && one.bad.count == 1)
    #expect(one.notes.count == 1)

    for i in [15, 16] {  // These are bad behind a good header.
      let path = "\(folder.path)/\(i).png"
      let bytes = try WholeFile.read(path)
      try folder.put("\(i).png", Array(bytes.dropLast(20)))
    }
    let images = try ImageFolder(folder.path)
    #expect(images.bad.count == 1)
    let error = try fileError { _ = try images.load(width: 8, height: 8, channels: 1) }
    #expect(error.path == folder.path)
    #expect(error.reason.hasPrefix("3 of 20 images can't be read, the first: "))
  }

  @Test func aFileFoundBadLaterIsReplacedByTheNext() throws {
    let folder = try TemporaryFolder()
    for i in 10..<30 {
      try folder.put("c\(i % 2)/\(i).png", noiseImage(8, 8, 1, seed: UInt64(i)))
    }
    let set = try ImageFolder(folder.path).load(width: 8, height: 8, channels: 1, memoryLimit: 0)
    #expect(set.count == 20 && set.bad.isEmpty)
    func spoil(_ i: Int) throws { try Data([1]).write(to: URL(fileURLWithPath: set.paths[i])) }
    let part = set.subset([3, 12, 7])  // Labels 0, 1, 0.
    try spoil(3)
    #expect(try pixels(part, 0) == (try pixels(set, 7)))
    #expect(set.bad.map(\.path) == [set.paths[3]])
    #expect(try fileError { try read(set, 3) }.path == set.paths[3])  // never replaced in a score
    #expect(try pixels(set, 3) == (try pixels(set, 4)))
    try spoil(4)
    #expect(try pixels(set, 3) == (try pixels(set, 5)))
    try spoil(5)
    #expect(try fileError { _ = try pixels(set, 3) }.reason.hasPrefix("3 of 20 images"))
  }

  private func read(_ set: ImageSet, _ i: Int) throws {
    var pixels = [Int16](repeating: 0, count: set.width * set.height * set.channels)
    try pixels.withUnsafeMutableBufferPointer { try set.read(set.windows[i], into: $0) }
  }

  private func pixels(_ set: ImageSet, _ i: Int) throws -> [UInt8] {
    var pixels = [Int16](repeating: 0, count: set.width * set.height * set.channels)
    var generator = SystemRandomNumberGenerator()
    _ = try pixels.withUnsafeMutableBufferPointer { try set.draw(i, using: &generator, into: $0) }
    return pixels.map { UInt8($0) }
  }
}
