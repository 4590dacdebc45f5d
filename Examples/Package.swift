// swift-tools-version: 6.0
import PackageDescription

// The programs that README shows, a package of their own, as a user's would be. `scripts/test` builds
// and runs them.
func example(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: [.product(name: "Glow", package: "swift-glow")])
}

let package = Package(
  name: "examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-glow", path: "..")],
  targets: [example("Density"), example("OwnFlow")],
  swiftLanguageModes: [.v6]
)
