import Dispatch

/// Threads for the server alone: those that all tests share may be busy for longer than it waits for
/// a client.
final class OwnThreads: TaskExecutor {
  static let shared = OwnThreads()
  private let queue = DispatchQueue(label: "studio", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let (job, executor) = (UnownedJob(job), asUnownedTaskExecutor())
    queue.async { job.runSynchronously(on: executor) }
  }
}
