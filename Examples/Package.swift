// swift-tools-version: 6.0
import PackageDescription

// The programs that README and docs show, a package of their own, as a user's would be. `scripts/test` builds
// and runs them.
func example(_ name: String, products: [String] = ["Glow"]) -> Target {
  .executableTarget(
    name: name, dependencies: products.map { .product(name: $0, package: "swift-glow") })
}

let package = Package(
  name: "examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-glow", path: "..")],
  targets: [
    example("Density"), example("OwnFlow"),
    example("ChangeOfVariables", products: ["Glow", "GlowPlots"]),
  ],
  swiftLanguageModes: [.v6]
)
