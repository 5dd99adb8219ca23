"""Checks of a spec: one question a file, each a function from a document to what it finds."""
