/// Lets nothing in but what the page itself asks, from a browser that knows it by a loopback name.
///
/// A name that leads to this machine by somebody else's DNS is another Host, and what another page
/// sends has another Origin.
struct Gate: Sendable {
  let port: Int

  /// Throws `Refusal.forbidden` unless the request may come in.
  func check(_ request: Request) throws {
    let hosts = ["127.0.0.1", "localhost", "[::1]"].flatMap { name in
      port == 80 ? [name, "\(name):80"] : ["\(name):\(port)"]
    }
    guard let host = request.header("host"), hosts.contains(host) else { throw Refusal.forbidden }
    if request.headers["origin"] != nil || !["GET", "HEAD"].contains(request.method) {
      guard request.header("origin") == "http://\(host)" else { throw Refusal.forbidden }
    }
    // what a page elsewhere loads without an Origin, such as an image; a link to here may be followed
    if let site = request.headers["sec-fetch-site"], site != ["same-origin"], site != ["none"] {
      let isLink = request.header("sec-fetch-mode") == "navigate" && request.path.isEmpty
      guard isLink else { throw Refusal.forbidden }
    }
  }
}
