// swift-tools-version: 6.0
import PackageDescription

// A package of its own, because libFuzzer brings the program's main. `scripts/fuzz` builds and runs
// it: every target has to be compiled with the sanitizers.
func harness(_ name: String) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["Input", .product(name: "Glow", package: "swift-glow")], path: name,
    swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-glow", path: "../..")],
  targets: [
    .target(name: "Input", path: "Input"),
    harness("FuzzPNG"), harness("FuzzWAV"), harness("FuzzCheckpoint"),
  ],
  swiftLanguageModes: [.v6]
)
