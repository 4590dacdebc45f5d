import Models
import Tensors
import Training

extension RunOption<VAECommand, RunSettings<VAEConfiguration>> {
  /// Those of `glow vae`.
  static var all: [Self] {
    let images: [Self] = [
      Self("images", \.images, nil, .free) { $0.data.images },
      Self("follow-links", \.links.given) { $0.data.followLinks == true },
      Self("size", \.size, nil, .free) {
        $0.model.image.map { ImageSize(($0.width, $0.height)) }
      },
      Self("channels", \.channels, GlowConfiguration.imageChannels) { $0.model.image?.channels },
    ]
    let tables: [Self] = [
      Self("table", \.table, nil, .free) { $0.data.table },
      Self("columns", \.columns, NameList.lists) { NameList($0.model.columns) },
      Self("drop-missing", \.dropMissing) { $0.data.dropMissing == true },
    ]
    let model = RunOption<VAEOptions, VAEConfiguration>.all.map {
      $0.within(\.model, \.model) as Self
    }
    let own = RunOption<VAECommand, TrainingOptions>.ofAll.map {
      $0.within(\.self, \.training) as Self
    }
    let ofImages = RunOption<VAECommand, TrainingOptions>.ofImages.map {
      $0.within(\.self, \.training) as Self
    }
    let threads = Self("threads", \.threads.threads, ThreadOptions.counts, .free) { _ in
      ThreadPool.threads
    }
    let all: [[Self]] = [
      images.map { $0.said { $0.model.image != nil } },
      tables.map { $0.said { $0.model.image == nil } },
      model, held(\.held), shared(\.training), own,
      ofImages.map { $0.said { $0.model.image != nil } }, [threads],
    ]
    return Array(all.joined())
  }
}

extension RunOption<VAEOptions, VAEConfiguration> {
  /// Those that shape a model.
  static var all: [Self] {
    typealias C = VAEConfiguration
    return [
      Self("posterior", \.posterior) { $0.posterior },
      Self("flows", \.flows, Bounds(C.flowCounts)) {
        $0.posterior == .gaussian ? nil : $0.flows
      },
      Self("latent", \.latent, Bounds(C.latentCounts)) { $0.latent },
      Self("ortho-vectors", \.orthoVectors, Bounds(C.vectorCounts)) {
        $0.posterior.hasVectors ? $0.vectors : nil
      },
      Self("likelihood", \.likelihood) { $0.likelihood },
      Self("binarize", \.binarize) { $0.binarization },
      Self("hidden", \.hidden) { $0.image == nil ? HiddenLayers(sizes: $0.hidden) : nil },
      Self("flow-hidden", \.flowHidden) {
        $0.posterior.hasNets ? HiddenLayers(sizes: $0.flowHidden) : nil
      },
      Self("width", \.width, Bounds(C.widths)) { $0.image == nil ? nil : $0.width },
    ]
  }
}

extension PosteriorName {
  /// Whether its flows are of an orthogonal matrix by so many vectors.
  var hasVectors: Bool { self == .orthogonal || self == .householder }
}
