"""The command line: one file a command; each parses, calls the library, shows the result and chooses the exit code."""
