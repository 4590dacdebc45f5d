/// The examples that a page may still ask about, the oldest of which go when there are too many.
struct KeptExamples {
  private let most: Int
  private let mostBytes: Int
  private var examples: [String: Example] = [:]
  private var order: [String] = []
  private var next = 0
  private var bytes = 0

  /// At most so many, of so many bytes together; the last one is always kept.
  init(most: Int, bytes: Int) { (self.most, mostBytes) = (most, bytes) }

  /// Keeps one; gives it as the page takes it, with what to ask for it by.
  mutating func keep(_ example: Example) -> ExampleData {
    let id = "x\(next)"
    next += 1
    examples[id] = example
    order.append(id)
    bytes += example.bytes
    while order.count > most || bytes > mostBytes, order.count > 1 {
      bytes -= examples.removeValue(forKey: order.removeFirst())?.bytes ?? 0
    }
    return ExampleData(example, id: id)
  }

  /// Throws a refusal if it is no longer kept.
  func example(_ id: String) throws -> Example {
    guard let example = examples[id] else {
      throw Refusal.impossible("this example is no longer kept; take another one")
    }
    return example
  }
}
