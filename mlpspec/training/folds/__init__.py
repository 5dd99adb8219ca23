"""Cross-validation: a spec trained as often as it has folds, each time with other rows held out."""
