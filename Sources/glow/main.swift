import GlowCommands

launch(GlowCommand.self)
