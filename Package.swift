// swift-tools-version: 6.0
import PackageDescription

// Rooms, from the ground up: a target imports only what stands above it in this list.
let package = Package(
  name: "swift-glow",
  platforms: [.macOS(.v15)],
  products: [
    .library(
      name: "Glow", targets: ["Tensors", "Flows", "Models", "Media", "Training", "Detection"]),
    // Apart, so that a user of the library needs no cairo.
    .library(name: "GlowPlots", targets: ["Plots"]),
    .executable(name: "glow", targets: ["glow"]),
    .executable(name: "glowtrain", targets: ["glowtrain"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.0"),
  ],
  targets: [
    // C only: the thinnest shims over the libraries, and the vector kernels.
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
    .systemLibrary(name: "CSndFile"),
    .systemLibrary(name: "CSampleRate"),
    .systemLibrary(name: "CCSV"),
    .systemLibrary(name: "CCairo"),
    .target(name: "CFourier"),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    // Loads an MPI library if one is asked for; links none.
    .target(name: "CMPI", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(
      name: "CKernels",
      linkerSettings: [
        .linkedLibrary("m", .when(platforms: [.linux])),
        .linkedLibrary("gomp", .when(platforms: [.linux])),
      ]),

    // Tensors, their operations with their gradients, random numbers, the thread pool.
    .target(name: "Tensors", dependencies: ["CKernels", "COneDNN"]),

    // The mathematics: every layer, conditioner and density of latents.
    .target(name: "Flows", dependencies: ["Tensors"]),

    // What is trained: layers put together, with a likelihood, samples and a configuration.
    .target(name: "Models", dependencies: ["Tensors", "Flows"]),

    // Files and folders: PNG, WAV and tables in and out, sets of examples, prefetching, pictures.
    .target(name: "Media", dependencies: ["CPNG", "CSndFile", "CSampleRate", "CCSV", "CFourier"]),

    // Figures of plain numbers: histograms, heat maps, curves, corner plots.
    .target(name: "Plots", dependencies: ["CCairo", "Media"]),

    // Optimizers, averaging, the trainer, checkpoints, the metrics log.
    .target(name: "Training", dependencies: ["CMPI", "Tensors", "Models", "Media"]),

    // What a likelihood is for: known-good data, and what does not belong to it.
    .target(name: "Detection", dependencies: ["Tensors", "Models", "Media", "Training"]),

    // A page in the browser over runs and models. No library product holds it.
    .target(
      name: "Studio",
      dependencies: [
        "Tensors", "Models", "Media", "Training", "Detection",
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ],
      resources: [.embedInCode("Page")]),

    // The command line: parsing, progress, printing.
    .target(
      name: "GlowCommands",
      dependencies: [
        "Tensors", "Models", "Media", "Plots", "Training", "Detection", "Studio",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        "Yams",
      ]),
    .executableTarget(name: "glow", dependencies: ["GlowCommands"]),
    .executableTarget(name: "glowtrain", dependencies: ["GlowCommands"]),

    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"]),
    .testTarget(
      name: "FlowsTests", dependencies: ["Flows", "Models", "Training"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MediaTests", dependencies: ["Media"], resources: [.copy("Fixtures")]),
    .testTarget(name: "PlotsTests", dependencies: ["Plots", "Media"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training"]),
    .testTarget(name: "DetectionTests", dependencies: ["Flows", "Detection"]),
    .testTarget(
      name: "StudioTests", dependencies: ["Studio", "Media", "Models", "Tensors", "Training"]),
    // Runs the executables as a user would.
    .testTarget(
      name: "CommandTests",
      dependencies: ["GlowCommands", "Media", "Models", "Tensors", "Training", "glow", "glowtrain"]),
  ],
  swiftLanguageModes: [.v6]
)
