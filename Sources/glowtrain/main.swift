import GlowCommands

launch(TrainCommand.self, name: "glowtrain")
