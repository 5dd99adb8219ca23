"""The version of mlpspec."""

__version__ = "0.1.0"
