"""Makes the data files of this folder anew from installed packages. LICENCES.md says where each comes from.

pip install scikit-learn && pip install --no-deps palmerpenguins==0.1.6
python examples/data/make_data.py
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import files
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Write all files."""
    make_penguins()
    make_breast_cancer()
    make_diabetes()
    make_digits()
    make_course()


def make_penguins() -> None:
    """The table as the package has it, and a few rows as they would come from the field."""
    [source] = [file for file in files("palmerpenguins") or () if file.name == "penguins.csv"]
    (HERE / "penguins.csv").write_bytes(Path(str(source.locate())).read_bytes().replace(b"\r\n", b"\n"))
    header = ("island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex")
    rows = (
        ("Torgersen", 38.9, 18.4, 190, 3600, "female"),
        ("Biscoe", 47.8, 15.0, 217, 5100, "male"),
        ("Dream", 48.9, 18.6, 197, 3750, "NA"),
        ("Dream", "NA", 17.9, 192, 3550, "female"),
        ("Anvers", 46.1, 14.2, 214, 4600, "female"),
    )
    write_csv("penguins_new.csv", header, rows)


def make_breast_cancer() -> None:
    """30 measurements of cell nuclei and a diagnosis."""
    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    diagnoses = data.target_names[data.target]
    write_csv("breast_cancer.csv", [*names, "diagnosis"], ((*row, word) for row, word in zip(data.data.tolist(), diagnoses, strict=True)))


def make_diabetes() -> None:
    """Ten measurements in their own units and the progression of the disease a year later."""
    data = load_diabetes(scaled=False)
    rows = zip(data.data.tolist(), data.target.tolist(), strict=True)
    write_csv("diabetes.csv", [*data.feature_names, "progression"], ([plain(value) for value in (*row, goal)] for row, goal in rows))


def make_digits() -> None:
    """Images (rows, 8, 8) with grey values 0 to 16, and the digit."""
    data = load_digits()
    write_npz("digits.npz", {"x": data.images.astype(np.float32), "y": data.target.astype(np.int64)})


def make_course() -> None:
    """Noise to fit a network of two layers to: 64 rows of 1000 numbers and of ten answers."""
    random = np.random.default_rng(0)
    x = random.standard_normal((64, 1000), dtype=np.float32)
    y = random.standard_normal((64, 10), dtype=np.float32)
    write_npz("course.npz", {"x": x, **{f"y_{index}": column for index, column in enumerate(y.T)}})


def plain(number: float) -> float | int:
    """A whole number without `.0`."""
    return int(number) if number == int(number) else number


def write_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table whose lines end with a line feed; numbers with as many digits as tell them apart."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_npz(name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Named arrays, compressed; the same bytes every time, because no time of writing is kept."""
    with zipfile.ZipFile(HERE / name, "w") as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main()
