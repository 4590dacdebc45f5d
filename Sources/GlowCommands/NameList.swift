import ArgumentParser
import Media
import Training

/// Names of columns, written a,b,c; one that holds a comma, or begins or ends in space, stands in
/// quotes, as in CSV.
struct NameList: ExpressibleByArgument, Equatable {
  let names: [String]

  /// What --columns and its like may be.
  static let lists = Bounds<NameList>("must be a list as a,b,c, no name twice") {
    !$0.names.contains("") && Set($0.names).count == $0.names.count
  }

  init(_ names: [String]) { self.names = names }

  init(argument: String) {
    var (names, rest) = ([String](), (argument + ",")[...])
    while let item = rest.prefixMatch(of: /\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*,/) {
      rest = rest[item.range.upperBound...]
      let quoted = item.1.map { $0.replacing("\"\"", with: "\"") }
      names.append(String(quoted ?? item.2 ?? ""))
    }
    self.names = names
  }

  /// A few of many names, for the screen.
  static func shown(_ names: [String]) -> String {
    names.count <= 8
      ? names.joined(separator: ", ")
      : "\(grouped(names.count)): " + names.prefix(6).joined(separator: ", ") + ", …"
  }

  var defaultValueDescription: String {
    names.map { name in
      let isPlain = name.wholeMatch(of: /[^\s",](?:[^,]*[^\s,])?/) != nil
      return isPlain ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
    }.joined(separator: ",")
  }
}
