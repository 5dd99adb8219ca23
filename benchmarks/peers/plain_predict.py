"""Answers for a file as short as they can be had: polars reads it whole, ONNX Runtime answers it whole, polars writes. Nothing is checked.

python plain_predict.py MODEL DATA OUT cpu|cuda
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl

CLASSES = ("high", "low", "middle")
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def open_model(model: Path, device: str) -> onnxruntime.InferenceSession:
    """The model's session."""
    return onnxruntime.InferenceSession(model, providers=[PROVIDERS[device]])


def answer(session: onnxruntime.InferenceSession, data: Path, out: Path) -> None:
    """Answer the rows of a file, all of whose columns are numbers that the model reads."""
    if data.suffix == ".csv":
        header = pl.read_csv(data, n_rows=0).columns
        frame = pl.read_csv(data, schema=dict.fromkeys(header, pl.Float32))
    else:
        frame = pl.read_parquet(data)
    label, probability = (np.asarray(values) for values in session.run(["y", "y_probability"], {"x": frame.to_numpy(order="c")}))
    shares = [pl.Series(f"y_probability_{name}", probability[:, number]) for number, name in enumerate(CLASSES)]
    answers = pl.DataFrame([pl.Series("y", label.tolist(), dtype=pl.String), *shares])
    if out.suffix == ".csv":
        answers.write_csv(out)
    else:
        answers.write_parquet(out)


if __name__ == "__main__":
    model, data, out = map(Path, sys.argv[1:4])
    answer(open_model(model, sys.argv[4]), data, out)
