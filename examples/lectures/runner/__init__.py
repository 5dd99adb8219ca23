"""What the lectures' experiments have in common: variants of a spec, what is measured, and claims that are checked."""
