/// What a page asks of a model; each is the body of a request.
enum Wish {
  /// What draws are made from.
  struct Seed: Decodable, Sendable {
    let value: UInt64

    init(from decoder: any Decoder) throws {
      guard let value = try? decoder.singleValueContainer().decode(UInt64.self) else {
        throw Refusal.impossible("a seed is a whole number, 0 or more")
      }
      self.value = value
    }
  }

  /// Examples 0..<count of a seed.
  struct Draw: Decodable, Sendable {
    var count: Int
    var temperature: Float
    var seed: Seed
    var label: String?
    var seconds: Double?
  }

  /// What the model says of an example.
  struct Examine: Decodable, Sendable { var item: String }

  /// From one example to another.
  struct Interpolate: Decodable, Sendable {
    var a, b: String
    var steps: Int
  }

  /// An example with the latent of a level of another one, or drawn anew.
  struct Replace: Decodable, Sendable {
    var item: String
    var level: Int
    var from: String?
    var temperature: Float
    var seed: Seed
    var label: String?
  }

  /// An example moved from one class towards another.
  struct Slide: Decodable, Sendable {
    var item, from, to: String
    var amounts: [Float]
  }
}
