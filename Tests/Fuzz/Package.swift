// swift-tools-version: 6.0
import PackageDescription

// libFuzzer's harnesses, a package of their own: all of it has to be compiled with the sanitizers.
// `scripts/fuzz` builds and runs them.
func harness(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["Fuzzing", .product(name: "Glow", package: "swift-glow")], path: name
  )
}

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-glow", path: "../..")],
  targets: [
    .target(name: "Fuzzing", path: "Fuzzing"),
    harness("FuzzPNG"), harness("FuzzWAV"), harness("FuzzCheckpoint"), harness("FuzzCSV"),
    harness("FuzzNPY"),
  ],
  swiftLanguageModes: [.v6]
)
