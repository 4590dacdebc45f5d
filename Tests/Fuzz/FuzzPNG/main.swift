import Fuzzing
import Media

fuzz { path in
  guard let header = try? PNG.header(of: path), let image = try? PNG.read(path).image else {
    return
  }
  precondition(image.width == header.width && image.height == header.height)
}
