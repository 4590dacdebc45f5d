import Input
import Training

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = Input.path(data, count)
  if let file = try? Safetensors(reading: path) {
    for name in file.entries.keys { _ = try? file.floats(name) }
  }
  if let checkpoint = try? Checkpoint(reading: path) {
    _ = try? checkpoint.model(.ema)
    _ = try? checkpoint.model(.raw)
  }
  return 0
}
