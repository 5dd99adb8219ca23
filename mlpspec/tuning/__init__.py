"""The search for the best values of a spec: trials, each a training, over one study that several processes share."""
