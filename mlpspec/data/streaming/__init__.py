"""Data that need not fit into memory: read block by block, encoded once into files, and read from those."""
