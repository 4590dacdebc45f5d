import GlowCommands

launch(GlowCommand.self, name: "glow")
