"""A whole training run in Keras on JAX, as its guide shows, 32 steps in one call: `keras_whole.py DATA.npz FOLDER EPOCHS`.

Reads the rows, keeps a tenth for validation, trains, looks at the validation rows after each epoch and keeps the best weights in FOLDER.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import keras  # pyright: ignore[reportMissingImports]
import numpy as np
from peers.keras_jax import compiled
from peers.workloads import WORKLOADS


def main() -> None:
    """Train as the command line says, and print the last figures."""
    data, folder, epochs = sys.argv[1:]
    with np.load(data) as arrays:
        features, labels = arrays["x"], arrays["y"]
    order = np.random.default_rng(0).permutation(len(labels))
    held, taken = np.split(order, [len(labels) // 10])
    workload = WORKLOADS["T2"]
    best = keras.callbacks.ModelCheckpoint(str(Path(folder) / "best.keras"), monitor="val_loss", save_best_only=True)
    history = compiled(workload, metrics=["accuracy"]).fit(
        features[taken],
        labels[taken],
        batch_size=workload.batch,
        epochs=int(epochs),
        validation_data=(features[held], labels[held]),
        callbacks=[best],
        verbose=0,
    )
    print(f"validation loss {history.history['val_loss'][-1]:.4f}, accuracy {history.history['val_accuracy'][-1]:.4f}")


if __name__ == "__main__":
    main()
