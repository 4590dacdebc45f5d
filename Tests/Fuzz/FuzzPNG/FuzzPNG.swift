import Input
import Media

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = Input.path(data, count)
  guard let header = try? PNG.header(of: path), let image = try? PNG.read(path).image else {
    return 0
  }
  precondition(image.width == header.width && image.height == header.height)
  return 0
}
