"""The command `spp`: one file a command, each thin."""
