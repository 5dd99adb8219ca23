"""Rewrites of a recorded step: one a file, each a function that changes a `Traced` in place."""
