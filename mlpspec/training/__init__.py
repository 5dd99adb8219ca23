"""From a checked spec and its data to trained weights: the loop, its steps, its run folder."""
