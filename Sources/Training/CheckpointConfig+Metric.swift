import Models

extension CheckpointConfig {
  /// The figure that the run was judged by.
  public var metric: Metric {
    switch model {
    case let c as GlowConfiguration: c.medium.metric
    case let c as VAEConfiguration: c.metric
    default: data.target == nil ? FlowTask.metric : TargetTask.metric
    }
  }
}

extension Medium {
  /// Bits per dimension, as they are called of images and of sound.
  var metric: Metric {
    Metric(name: figure, key: "bits_per_dim", alias: isSound ? "bits_per_sample" : nil)
  }
}
