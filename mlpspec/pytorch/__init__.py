"""From graphs to PyTorch: the module that trains, and the source that a person reads, from the same records."""
