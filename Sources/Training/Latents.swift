import Tensors

/// Images or sounds as latents, and back: what `glow encode` writes.
///
/// Samples stand in the middle of their bins, so that the small error of a round trip never reaches
/// the next one. All of this is float32, whatever precision the model is in: only that inverts
/// exactly.
public struct Latents {
  /// One tensor a level, [N, H, W, C]; sounds stand side by side in one row, [1, 1, W, C].
  public let levels: [Tensor]
  /// What each example is called: the name of its file, behind the folders that it lay in below the
  /// one that was encoded, such as "7/0003.png". It never leads out of a folder that it is put
  /// below.
  public let names: [String]
  /// Frames of each sound; nil for images.
  public let frames: [Int]?
  /// What the model is told of each sound, one behind the other, [1, 1, F, B]; nil of a model that is
  /// told nothing.
  let condition: Tensor?
  /// Where each sound's columns begin before the first level, and where the last one's end.
  let starts: [Int]
  /// The fingerprint of the model that they are of.
  let model: String

  init(
    levels: [Tensor], names: [String], frames: [Int]?, condition: Tensor? = nil, model: String
  ) {
    (self.levels, self.frames, self.model) = (levels, frames, model)
    self.condition = condition
    self.names = names.map(Self.within)
    starts = (frames ?? []).reduce(into: [0]) {
      $0.append($0[$0.count - 1] + $1.rounded(upTo: 1 << levels.count))
    }
  }

  /// A path without what leads elsewhere.
  private static func within(_ name: String) -> String {
    let parts = name.replacing("\0", with: "").split(separator: "/").filter {
      ![".", ".."].contains($0)
    }
    return parts.isEmpty ? "file" : parts.joined(separator: "/")
  }

  /// The latents on the straight line from example 0 to example 1, both included; sounds must be of
  /// one length.
  public func interpolated(steps: Int) -> Latents {
    precondition(names.count == 2 && steps >= 2)
    precondition(frames == nil || frames?[0] == frames?[1], "two sounds of one length")
    let lines = levels.map { z in
      // one behind the other for images, side by side for sounds: two halves either way
      let all = z.elements
      let (a, b) = (all[..<(all.count / 2)], all[(all.count / 2)...])
      let elements = (0..<steps).flatMap { step in
        let t = Float(step) / Float(steps - 1)
        return zip(a, b).map { (1 - t) * $0 + t * $1 }
      }
      var shape = z.shape
      shape[frames == nil ? 0 : 2] = shape[frames == nil ? 0 : 2] / 2 * steps
      return Tensor(elements, shape: shape)
    }
    return Latents(
      levels: lines, names: (1...steps).map { "step \($0)" },
      frames: frames.map { Array(repeating: $0[0], count: steps) }, model: model)
  }
}
