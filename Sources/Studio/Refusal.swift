/// Why a request gets no answer but a status.
enum Refusal: Error, Equatable {
  case malformed
  case forbidden
  case notFound
  case wrongMethod
  case tooSlow
  case lengthNeeded
  case bodyTooLarge
  case headTooLarge
  case tooMany
  /// What was asked of a model can't be done; why, in words for the page.
  case impossible(String)

  var response: Response {
    switch self {
    case .malformed: .text(400, "not a request that this server understands")
    case .forbidden: .text(403, "not from this page")
    case .notFound: .text(404, "nothing here")
    case .wrongMethod: .text(405, "another method is needed")
    case .tooSlow: .text(408, "too slow")
    case .lengthNeeded: .text(411, "a length is needed")
    case .bodyTooLarge: .text(413, "too large")
    case .headTooLarge: .text(431, "the request's head is too large")
    case .tooMany: .text(429, "too much at once")
    case .impossible(let reason): .text(422, reason)
    }
  }
}
