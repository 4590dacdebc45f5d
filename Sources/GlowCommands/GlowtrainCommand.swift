import ArgumentParser

/// `glowtrain`: `glow train` as a program of its own.
public struct GlowtrainCommand: ParsableCommand {
  public static let configuration = {
    var configuration = TrainCommand.configuration
    configuration.commandName = "glowtrain"
    configuration.version = GlowCommand.configuration.version
    return configuration
  }()

  @OptionGroup var train: TrainCommand

  public init() {}

  public func run() throws { try train.run() }
}
