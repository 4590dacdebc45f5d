import Foundation

/// Runs libFuzzer with the program's arguments; `body` gets the path of each input. Never returns.
public func fuzz(_ body: @escaping (_ path: String) -> Void) -> Never {
  reader = body
  var count = CommandLine.argc
  var arguments = CommandLine.unsafeArgv
  exit(
    runDriver(&count, &arguments) { data, count in
      ftruncate(input, 0)
      if count > 0 { pwrite(input, data, count, 0) }
      reader("/proc/self/fd/\(input)")
      return 0
    })
}

nonisolated(unsafe) private var reader: (String) -> Void = { _ in }

/// A file in memory without a name, for readers that take a path.
private let input: Int32 = {
  var name = Array("/dev/shm/fuzz-XXXXXX".utf8CString)
  let descriptor = mkstemp(&name)  // which replaces the six X
  precondition(descriptor >= 0, "no file can be made in /dev/shm")
  unlink(name)
  return descriptor
}()

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
