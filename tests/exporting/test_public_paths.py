import pytest

from mlpspec.exporting.public_paths import public_paths
from mlpspec.language.sections.data import Data


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (Data(path="/home/ann/rows.csv"), {"/home/ann/rows.csv": "rows.csv"}),
        (Data(path="../data/rows.csv"), {}),
        (Data(), {}),
        (Data(path=r"C:\Users\ann\rows.csv"), {r"C:\Users\ann\rows.csv": "rows.csv"}),
        (Data(train="/a/one/rows.csv", test="/a/two/rows.csv"), {"/a/one/rows.csv": "one/rows.csv", "/a/two/rows.csv": "two/rows.csv"}),
        (Data(train="/a/rows.csv", test="rows.csv"), {"/a/rows.csv": "a/rows.csv"}),
        (Data(train="/rows.csv", test="rows.csv"), {"/rows.csv": "train.data"}),
        (Data(train="/a/same.csv", test="/a/same.csv"), {"/a/same.csv": "same.csv"}),
    ],
)
def test_absolute_paths_become_names(data, names):
    assert public_paths(data) == names
