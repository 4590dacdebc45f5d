/// Sounds of one format, ready to be copied into a batch by segments from any thread.
///
/// No file is held: every segment is read when asked for, and nothing is ever padded.
public final class SoundSet: ExampleSet {
  /// Frames of every example, and at most of a window.
  public let segment: Int
  /// What the width of every window is a multiple of, in frames.
  public let unit: Int
  /// The rate and the channels of all that is read.
  public let format: SoundFormat
  /// Where each file is.
  public let paths: [String]
  /// The class of each file, an index into `classes`; nil if the folder has no classes.
  public let labels: [Int]?
  /// The names of the classes that the whole set has files of.
  public let classes: [String]
  /// Consecutive segments of every file, the last cut down to a multiple of `unit`.
  public let windows: [ExampleWindow]
  /// How many frames at the ends of files are in no window.
  public let leftOut: Int
  /// What was done to the whole folder's sounds, each a line.
  public let notes: [Note]

  private let source: SoundSource
  /// The files of this set, as indices into the folder's.
  private let indices: [Int]
  /// What of each file is in the set, in frames: all of it, unless its end is held out.
  public let stretches: [Range<Int>]
  /// How many examples come from the files up to and including each.
  private let ends: [Int]

  convenience init(
    folder: SoundFolder, segment: Int, unit: Int, format: SoundFormat, leavingOut: Set<Int>,
    failures: [Int: FileError]
  ) throws {
    precondition(unit > 0 && segment > 0 && segment % unit == 0, "a segment is a number of units")
    let source = try SoundSource(folder, format, failures)
    let indices = folder.files.indices.filter {
      source.failures[$0] == nil && !leavingOut.contains($0)
    }
    let classes = indices.map { folder.files[$0] }.classNames()
    self.init(
      source, indices, indices.map { 0..<source.lengths[$0] }, classes, segment: segment,
      unit: unit,
      notes: source.notes(indices.map { folder.files[$0] }))
    guard !windows.isEmpty else {
      let reason = "holds no sound as long as \(counted(unit, "frame")) at \(format.rate) Hz"
      throw FileError(path: folder.path, reason: reason, kind: .malformed)
    }
  }

  private init(
    _ source: SoundSource, _ indices: [Int], _ stretches: [Range<Int>], _ classes: [String],
    segment: Int, unit: Int, notes: [Note]
  ) {
    let folder = source.folder
    let files = indices.map { folder.files[$0] }
    var ends: [Int] = []
    var windows: [ExampleWindow] = []
    var leftOut = 0
    for (i, stretch) in stretches.enumerated() {
      ends.append((ends.last ?? 0) + stretch.count / segment)
      let units = stretch.count / unit * unit
      for start in stride(from: 0, to: units, by: segment) {
        let width = min(segment, units - start)
        windows.append(ExampleWindow(file: i, start: stretch.lowerBound + start, width: width))
      }
      leftOut += stretch.count % unit
    }
    self.source = source
    self.indices = indices
    self.segment = segment
    self.unit = unit
    self.stretches = stretches
    self.ends = ends
    self.windows = windows
    self.leftOut = leftOut
    format = source.format
    paths = files.map(\.path)
    self.classes = classes
    labels = classes.isEmpty ? nil : files.labels(classes)
    self.notes = notes
  }

  /// What is in no window, each a line.
  public var windowNotes: [Note] {
    var notes: [Note] = []
    let short = stretches.count { $0.count < unit }
    if short > 0 {
      notes.append("\(counted(short, "sound")) shorter than \(counted(unit, "frame")) left out")
    }
    if leftOut > 0 {
      notes.append("\(counted(leftOut, "frame")) at the ends of sounds left out of the scores")
    }
    return notes
  }

  /// How many sounds have a window but no segment, so that they are scored and nothing is drawn of
  /// them.
  public var countWithoutSegment: Int { stretches.count { $0.count < segment && $0.count >= unit } }

  /// How many segments the files hold, side by side in each.
  public var count: Int { ends.last ?? 0 }

  /// The files that could not be read, so far; the same for the folder's every subset.
  public var bad: [FileError] { source.failures.bad }

  /// How many of the samples read so far, by any subset, were clamped; one read twice counts twice.
  public var clamped: Int { source.clamped.withLock { $0 } }

  public func file(ofExample i: Int) -> Int {
    precondition((0..<count).contains(i), "there is such an example")
    var range = ends.indices
    while range.count > 1 {
      let middle = range.lowerBound + range.count / 2
      if ends[middle - 1] <= i {
        range = middle..<range.upperBound
      } else {
        range = range.lowerBound..<middle
      }
    }
    return range.lowerBound
  }

  /// Copies a segment, `segment · channels` samples, from anywhere in what the set has of the file
  /// of example `i`.
  ///
  /// It begins anywhere from half a segment before the first place that it can to half of one after
  /// the last, moved to the nearest of them: so beginnings and ends, which are scored like all else,
  /// are learned nearly as often. A silent stretch (no channel changes by more than one sample step)
  /// is drawn anew; after 20 of them the next file with the same label takes its place. So it does
  /// for a file that turns out to be bad only now, which is remembered in `bad`.
  /// Throws a `FileError` once more than one file in ten is bad, or if there is silence only.
  @discardableResult public func draw(
    _ i: Int, using generator: inout some RandomNumberGenerator,
    into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> ExampleWindow {
    precondition(buffer.count == segment * format.channels, "the buffer holds just one segment")
    let file = file(ofExample: i)
    let fresh = generator
    for offset in indices.indices {
      // the same whether a file before was known to be bad or not
      generator = fresh
      let j = (file + offset) % indices.count
      if stretches[j].count < segment || source.failures[indices[j]] != nil { continue }
      if let labels, labels[j] != labels[file] { continue }
      do {
        let reader = try source.open(indices[j])
        for _ in 0..<20 {
          let (first, last) = (stretches[j].lowerBound, stretches[j].upperBound - segment)
          let wish = Int.random(
            in: first - segment / 2...last + segment / 2, using: &generator)
          let start = min(max(first, wish), last)
          try source.read(reader, start..<start + segment, into: buffer)
          if !isSilent(UnsafeBufferPointer(buffer), channels: format.channels) {
            return ExampleWindow(file: j, start: start, width: segment)
          }
        }
      } catch let error as FileError {
        source.failures.add(error, of: indices[j])
        try source.failures.check()
      }
    }
    let reason = "and others of its kind seem to hold nothing but silence"
    throw FileError(path: paths[file], reason: reason, kind: .malformed)
  }

  /// Copies the `width · channels` samples of a window.
  ///
  /// Throws the `FileError` of a file that can't be read, or one for the folder once more than one
  /// file in ten can't.
  public func read(_ window: ExampleWindow, into buffer: UnsafeMutableBufferPointer<Int16>) throws {
    precondition(buffer.count == window.width * format.channels, "the buffer holds just the window")
    try remembering(indices[window.file]) { reader in
      try source.read(reader, window.start..<window.start + window.width, into: buffer)
    }
  }

  /// The samples of a mono file at these frames, of which those outside of the file are seen as in
  /// a mirror at its ends. What is clamped is not counted: it is read again beside a window, where
  /// `read` or `draw` counted it. Throws as `read`.
  public func mirrored(_ frames: Range<Int>, ofFile file: Int) throws -> [Int16] {
    precondition(format.channels == 1, "a mono sound")
    return try remembering(indices[file]) { reader in
      let places = frames.map { $0.mirrored(within: reader.frames) }
      guard let first = places.min(), let last = places.max() else { return [] }
      var samples = [Int16](repeating: 0, count: last - first + 1)
      _ = try samples.withUnsafeMutableBufferPointer {
        try reader.read(first..<last + 1, into: $0)
      }
      return places.map { samples[$0 - first] }
    }
  }

  /// All that is in the set of a file. Throws as `read`, and if that is longer than
  /// `WAV.wholeLimit`.
  public func sound(_ file: Int) throws -> Sound {
    try remembering(indices[file]) { reader in
      let (sound, clamped) = try reader.sound(stretches[file])
      source.clamped.withLock { $0 += clamped }
      return sound
    }
  }

  /// Reads a file, and remembers if that fails.
  private func remembering<T>(_ i: Int, _ read: (SoundReader) throws -> T) throws -> T {
    do {
      if let known = source.failures[i] { throw known }
      return try read(source.open(i))
    } catch let error as FileError {
      source.failures.add(error, of: i)
      try source.failures.check()
      throw error
    }
  }

  /// Some of the files, in the order given.
  public func subset(_ files: [Int]) -> SoundSet {
    SoundSet(
      source, files.map { indices[$0] }, files.map { stretches[$0] }, classes, segment: segment,
      unit: unit, notes: notes)
  }

  /// The beginnings of the sounds, and a part of each at its end, at least a segment; sounds of
  /// less than four segments stay whole. Nil if all are.
  public func holdingOutEnds(_ part: Double) -> (starts: SoundSet, ends: SoundSet)? {
    let cuts = stretches.map { stretch in
      let held = max(segment, Int(part * Double(stretch.count)))
      let isLong = stretch.count >= 4 * segment && stretch.count - held >= segment
      return stretch.upperBound - (isLong ? held : 0)
    }
    let cut = cuts.indices.filter { cuts[$0] < stretches[$0].upperBound }
    guard !cut.isEmpty else { return nil }
    func set(_ files: [Int], _ part: (Int) -> Range<Int>) -> SoundSet {
      SoundSet(
        source, files.map { indices[$0] }, files.map(part), classes, segment: segment, unit: unit,
        notes: notes)
    }
    return (
      set(Array(cuts.indices)) { stretches[$0].lowerBound..<cuts[$0] },
      set(cut) { cuts[$0]..<stretches[$0].upperBound }
    )
  }
}

/// Whether no channel changes by more than one sample step.
private func isSilent(_ samples: UnsafeBufferPointer<Int16>, channels: Int) -> Bool {
  (0..<channels).allSatisfy { channel in
    var (low, high) = (Int16.max, Int16.min)
    for i in stride(from: channel, to: samples.count, by: channels) {
      (low, high) = (min(low, samples[i]), max(high, samples[i]))
      if Int(high) - Int(low) > 1 { return false }
    }
    return true
  }
}
