"""The folds of a cross-validation as one file, whose answers are the means of theirs."""
