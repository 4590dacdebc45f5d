import CMPI

/// Bytes on their way from one rank to another.
final class MPIMessage: @unchecked Sendable {  // handed from one thread to the other
  let bytes: UnsafeMutableRawBufferPointer
  let peer: Int
  let channel: Channel
  let isSent: Bool
  let arrived = Tally()
  private let request = UnsafeMutablePointer<cmpi_request>.allocate(capacity: 1)

  init(_ bytes: UnsafeMutableRawBufferPointer, _ peer: Int, _ channel: Channel, isSent: Bool) {
    (self.bytes, self.peer, self.channel, self.isSent) = (bytes, peer, channel, isSent)
  }

  deinit { request.deallocate() }

  func begin() -> Int32 {
    let (count, peer, tag) = (Int32(bytes.count), Int32(peer), Int32(channel.rawValue))
    return isSent
      ? cmpi_send(bytes.baseAddress, count, peer, tag, request)
      : cmpi_receive(bytes.baseAddress, count, peer, tag, request)
  }

  func isDone(_ error: inout Int32) -> Bool {
    var isDone = false
    error = cmpi_test(request, &isDone)
    return isDone
  }
}
