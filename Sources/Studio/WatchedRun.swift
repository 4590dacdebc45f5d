import Foundation
import Media
import Models
import Training

/// A run that is looked at again and again.
struct WatchedRun {
  /// What it is called changes as runs of the same name come and go.
  var place: RunPlace { didSet { summary.name = place.name } }
  private(set) var summary: RunSummary
  private(set) var config: CheckpointConfig?
  private var tail: MetricsTail?
  /// The checkpoint as it was last read; without a state if it could not be.
  private var checkpoint: (stamp: FileStamp, state: Trainer.State?)?

  init(_ place: RunPlace) {
    self.place = place
    tail = place.metrics.map(MetricsTail.init)
    summary = RunSummary(
      id: place.id, name: place.name, state: place.isFile ? .file : .died, skipped: 0, rollbacks: 0,
      warnings: 0, generation: 0, bytes: 0, hasModel: false)
  }

  /// What came to the metrics since the last look.
  mutating func look() -> MetricsTail.News? {
    guard let news = tail?.look() else { return nil }
    if news.isNew { forget() }
    for line in news.lines { add(line.values) }
    measure()
    (summary.generation, summary.bytes) = (tail?.generation ?? 0, tail?.next ?? 0)
    return news
  }

  private mutating func forget() {
    (summary.best, summary.bestError, summary.bestStep, summary.steps) = (nil, nil, nil, nil)
    (summary.skipped, summary.rollbacks, summary.warnings) = (0, 0, 0)
  }

  private mutating func add(_ values: [String: Double]) {
    if let step = values["iteration"] { summary.steps = Int(exactly: step) ?? summary.steps }
    summary.seconds = values["seconds"] ?? summary.seconds
    summary.speed = values["examples_per_second"] ?? summary.speed
    if let skipped = values["skipped"] { summary.skipped = Int(exactly: skipped) ?? 0 }
    if values["rollback"] != nil { summary.rollbacks += 1 }
    // what the run said then: its model did not invert
    if let bins = values["round_trip_bins"], bins > 0.5 { summary.warnings += 1 }
    guard let key = summary.figureKey, let figure = values["validation_" + key] else { return }
    let isBetter =
      summary.best.map { summary.isMoreBetter == true ? figure > $0 : figure < $0 } ?? true
    guard isBetter else { return }
    (summary.best, summary.bestStep) = (figure, summary.steps)
    summary.bestError = values["validation_standard_error"]
  }

  /// Looks at the checkpoint, and at who writes the run. True if what the metrics are measured by
  /// became known only now, so that they must be read once more.
  mutating func state() -> Bool {
    let knewFigure = summary.figureKey != nil
    readCheckpoint()
    summary.optionsTime = place.options.flatMap { FileStamp($0) }?.time
    measure()
    guard !place.isFile else { return false }
    if TrainingRun.isBeingWritten(in: place.path) {
      summary.state = .running
    } else if let saved = checkpoint?.state, config?.done(saved) ?? 0 >= 1 {
      summary.state = .done
    } else {
      // a run that ends in good order saves the step that it ends with
      let saved = checkpoint?.state?.iteration ?? -1
      summary.state = saved >= (summary.steps ?? 0) && saved >= 0 ? .stopped : .died
    }
    guard !knewFigure, summary.figureKey != nil, tail?.next ?? 0 > 0 else { return false }
    tail = place.metrics.map(MetricsTail.init)
    return true
  }

  /// How much is done, by the log where that is ahead of the checkpoint.
  private mutating func measure() {
    guard var state = checkpoint?.state else { return }
    state.iteration = max(state.iteration, summary.steps ?? 0)
    state.seconds = max(state.seconds, summary.seconds ?? 0)
    summary.done = config?.done(state)
  }

  /// The checkpoint that says most of the run: its last.
  private mutating func readCheckpoint() {
    let files =
      place.isFile ? [place.path] : ["last", "best"].map { "\(place.path)/\($0).safetensors" }
    let stamps = files.lazy.compactMap { path in FileStamp(path).map { (path, $0) } }
    guard let (path, stamp) = stamps.first else {
      summary.hasModel = false
      return
    }
    guard checkpoint?.stamp != stamp else { return }
    do {
      let read = try Checkpoint(reading: path)
      checkpoint = (stamp, read.state)
      config = read.config
      describe(read)
      summary.problem = nil
    } catch let error as FileError {
      checkpoint = (stamp, nil)
      summary.problem = FileError.oneLine(
        "\(URL(fileURLWithPath: path).lastPathComponent) \(error.reason)")
    } catch {
      summary.problem = "can't be read"
    }
  }

  private mutating func describe(_ read: Checkpoint) {
    let (c, state, metric) = (read.config, read.state, read.config.metric)
    summary.hasModel = true
    (summary.model, summary.kind, summary.data) = (c.words, c.kind, c.dataWords)
    (summary.figure, summary.figureKey) = (metric.name, metric.key)
    summary.isMoreBetter = metric.isNegated
    guard place.isFile else { return }
    (summary.steps, summary.seconds) = (state.iteration, state.seconds)
    if state.best.isFinite { summary.best = metric.value(state.best) }
  }
}

/// What tells one writing of a file from another.
struct FileStamp: Equatable, Sendable {
  private let inode: ino_t
  private let size: off_t
  private let seconds, nanoseconds: Int

  /// When it was written, in seconds since 1970.
  var time: Double { Double(seconds) + Double(nanoseconds) * 1e-9 }

  /// Nil if there is no such file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    (inode, size) = (status.st_ino, status.st_size)
    #if canImport(Darwin)
      (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
    #else
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    #endif
  }
}
