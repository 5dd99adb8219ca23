"""`python -m mlpspec` is the command `mlpspec`."""

from mlpspec.cli.main import run

run()
