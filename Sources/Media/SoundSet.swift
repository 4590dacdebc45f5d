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
  /// What a user should be told once, each a line.
  public let notes: [String]

  private let source: SoundSource
  /// The files of this set, as indices into the folder's.
  private let indices: [Int]
  /// How long each file is in frames.
  private let lengths: [Int]
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
    self.init(source, indices, classes, segment: segment, unit: unit, notes: nil)
    guard !windows.isEmpty else {
      let reason = "holds no sound as long as \(counted(unit, "frame")) at \(format.rate) Hz"
      throw FileError(path: folder.path, reason: reason, kind: .malformed)
    }
  }

  private init(
    _ source: SoundSource, _ indices: [Int], _ classes: [String], segment: Int, unit: Int,
    notes: [String]?
  ) {
    let folder = source.folder
    let files = indices.map { folder.files[$0] }
    let lengths = indices.map { source.lengths[$0] }
    var ends: [Int] = []
    var windows: [ExampleWindow] = []
    var leftOut = 0
    for (i, length) in lengths.enumerated() {
      ends.append((ends.last ?? 0) + length / segment)
      for start in stride(from: 0, to: length / unit * unit, by: segment) {
        let width = min(segment, (length - start) / unit * unit)
        windows.append(ExampleWindow(file: i, start: start, width: width))
      }
      leftOut += length % unit
    }
    self.source = source
    self.indices = indices
    self.segment = segment
    self.unit = unit
    self.lengths = lengths
    self.ends = ends
    self.windows = windows
    self.leftOut = leftOut
    format = source.format
    paths = files.map(\.path)
    self.classes = classes
    labels = classes.isEmpty ? nil : files.labels(classes)
    self.notes =
      notes ?? source.notes(files, lengths: lengths, segment: segment, unit: unit, leftOut: leftOut)
  }

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

  /// Copies a segment, `segment · channels` samples, from anywhere in the file of example `i`.
  ///
  /// Every start is equally likely, but a silent stretch (no channel changes by more than one
  /// sample step) is drawn anew; after 20 of them the next file with the same label takes its place.
  /// So it does for a file that turns out to be bad only now, which is remembered in `bad`. Throws a
  /// `FileError` once more than one file in ten is bad, or if there is silence only.
  public func draw(
    _ i: Int, using generator: inout some RandomNumberGenerator,
    into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws {
    precondition(buffer.count == segment * format.channels, "the buffer holds just one segment")
    let file = file(ofExample: i)
    for offset in indices.indices {
      let j = (file + offset) % indices.count
      if lengths[j] < segment || source.failures[indices[j]] != nil { continue }
      if let labels, labels[j] != labels[file] { continue }
      do {
        let reader = try source.open(indices[j])
        for _ in 0..<20 {
          let start = Int.random(in: 0...lengths[j] - segment, using: &generator)
          try source.read(reader, start..<start + segment, into: buffer)
          if !isSilent(UnsafeBufferPointer(buffer), channels: format.channels) { return }
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
    let i = indices[window.file]
    do {
      if let known = source.failures[i] { throw known }
      let range = window.start..<window.start + window.width
      try source.read(source.open(i), range, into: buffer)
    } catch let error as FileError {
      source.failures.add(error, of: i)
      try source.failures.check()
      throw error
    }
  }

  /// Some of the files, in the order given.
  public func subset(_ files: [Int]) -> SoundSet {
    SoundSet(
      source, files.map { indices[$0] }, classes, segment: segment, unit: unit, notes: notes)
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
