import Fuzzing
import Training

fuzz { path in
  if let file = try? Safetensors(reading: path) {
    for name in file.entries.keys { _ = try? file.floats(name) }
  }
  if let checkpoint = try? Checkpoint(reading: path) {
    _ = try? checkpoint.model(.ema)
    _ = try? checkpoint.model(.raw)
  }
}
