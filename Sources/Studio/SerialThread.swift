import Dispatch
import Tensors

/// Runs an actor's work on a queue of its own, so that a model at work, or a disk, keeps nobody else
/// waiting, and models with so many threads, whichever the system gives.
final class SerialThread: SerialExecutor {
  private let queue = DispatchQueue(label: "studio")
  private let threads: Int?

  init(threads: Int? = nil) { self.threads = threads }

  func enqueue(_ job: consuming ExecutorJob) {
    let (job, executor) = (UnownedJob(job), asUnownedSerialExecutor())
    queue.async { [threads] in
      // libgomp keeps the number for each thread that calls it
      if let threads { ThreadPool.threads = threads }
      job.runSynchronously(on: executor)
    }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }
}
