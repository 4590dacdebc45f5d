import GlowCommands

launch(GlowtrainCommand.self)
