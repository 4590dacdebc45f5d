import Input
import Media

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = Input.path(data, count)
  guard let header = try? WAV.header(of: path), let sound = try? WAV.read(path).sound else {
    return 0
  }
  precondition(sound.frames == header.frames && sound.channels == header.channels)
  return 0
}
