import ArgumentParser

/// The command line's root: `glow VERB`.
public struct GlowCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "glow",
    abstract: "Learns the exact density of images, sounds and tables, and makes new ones.",
    discussion: """
      EXAMPLES
        glow train --images photos/                   learn a folder of PNG files
        glow train --audio speech/                    learn a folder of WAV files
        glow fit data.csv                             learn a table
        glow vae --images digits/                     learn latents, and a bound of the density
        glow sample checkpoints/photos                draw new ones
        glow sample checkpoints/wine                  draw rows of a table
        glow vocode checkpoints/speech a.wav          a sound from its spectrum
        glow eval checkpoints/photos --images more/   how well these are known
        glow eval checkpoints/wine --table more.csv   how well these are known

      CHECKPOINT is a .safetensors file, or a run's directory (then its best).
      """,
    version: "0.1.0",
    subcommands: [
      TrainCommand.self, FitCommand.self, VAECommand.self, SampleCommand.self, EvalCommand.self,
      EncodeCommand.self, DecodeCommand.self, VocodeCommand.self, MelCommand.self,
      InterpolateCommand.self, InspectCommand.self,
      PlotCommand.self, CalibrateCommand.self, DetectCommand.self, BenchCommand.self,
      StudioCommand.self,
    ])

  public init() {}
}
