import Fuzzing
import Media

fuzz { path in
  guard let header = try? WAV.header(of: path), let sound = try? WAV.read(path).sound else {
    return
  }
  precondition(sound.frames == header.frames && sound.channels == header.channels)
}
