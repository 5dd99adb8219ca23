"""Lints of a graph: one question a file, each a function from a graph to what it finds."""
