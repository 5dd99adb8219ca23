"""From files to arrays: sources, columns, the split, preprocessing fitted on the training rows."""
