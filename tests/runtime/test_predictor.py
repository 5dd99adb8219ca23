from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from mlpspec.diagnostics import DataError, MachineError, ModelFileError, UsageError
from mlpspec.runtime import cuda
from mlpspec.runtime.predictor import Predictor


@pytest.fixture(scope="module")
def predictor(mixed):
    return Predictor(mixed, "cpu")


def test_answers(predictor, make):
    answers = predictor.predict({"width": [1, None, -90], "height": [2, 3, 4], "island": ["Dream", "Mars", None]})
    expected = make.mixed_answers(np.array([[1, 2], [np.nan, 3], [-90, 4]]), ["Dream", "Mars", ""])
    np.testing.assert_allclose(answers["species_probability"], expected, rtol=1e-4, atol=1e-5)
    assert answers["species"].tolist() == [make.SPECIES_TARGET["classes"][number] for number in expected.argmax(axis=1)]
    assert list(answers) == ["species", "species_probability"]


def test_attributes(predictor, regression):
    assert predictor.classes == {"species": ("Adelie", "Chinstrap", "Gentoo")}
    assert predictor.card.name == "test"
    assert str(predictor.device) == "cpu, as asked"
    assert Predictor(regression, "cpu").classes == {}


def test_from_a_path(mixed, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(mixed)
    for name in (path, str(path)):
        assert Predictor(name, "cpu").predict({"width": 1, "height": 1, "island": ""})["species"].shape == (1,)
    with pytest.raises(UsageError):
        Predictor(tmp_path / "none.onnx")


def test_other_models(regression, two_numbers, codes, tensor):
    assert Predictor(regression, "cpu").predict({"a": [1], "b": [2], "c": [3]})["price"].tolist() == [14]
    assert Predictor(two_numbers, "cpu").predict({"x": [1, 2]})["position"].tolist() == [[1, 10], [2, 20]]
    assert Predictor(codes, "cpu").predict({"code": [7, 3]})["digit"].tolist() == [70, 30]
    assert Predictor(tensor, "cpu").predict(np.ones((4, 2, 3)))["total"].tolist() == [6] * 4


def test_no_rows_give_empty_answers_of_the_right_types(predictor, regression, two_numbers):
    answers = predictor.predict({"width": [], "height": [], "island": []})
    assert (answers["species"].shape, answers["species"].dtype) == ((0,), object)
    assert (answers["species_probability"].shape, answers["species_probability"].dtype) == ((0, 3), np.float32)
    assert Predictor(regression, "cpu").predict({"a": [], "b": [], "c": []})["price"].shape == (0,)
    assert Predictor(two_numbers, "cpu").predict({"x": []})["position"].shape == (0, 2)


def test_foreign_model_is_refused(make):
    with pytest.raises(ModelFileError, match="not exported by mlpspec"):
        Predictor(make.model_bytes(make.mixed_graph(), {}), "cpu")


def test_cuda_without_a_gpu_fails_and_auto_says_why(mixed, monkeypatch):
    monkeypatch.setattr(cuda, "cuda_problem", lambda index: "there is no NVIDIA driver")
    with pytest.raises(MachineError, match="there is no NVIDIA driver"):
        Predictor(mixed, "cuda")
    assert str(Predictor(mixed).device) == "cpu, because there is no NVIDIA driver"
    with pytest.raises(UsageError):
        Predictor(mixed, "gpu")


class TestRun:
    """The quick way: the model's raw inputs."""

    arrays = {"size": np.ones((2, 2), np.float32), "island": np.array([["Dream"], [""]], object)}  # noqa: RUF012

    def test_equals_predict(self, predictor):
        left = predictor.run(self.arrays)
        right = predictor.predict({"width": [1, 1], "height": [1, 1], "island": ["Dream", None]})
        for name in right:
            np.testing.assert_array_equal(left[name], right[name])

    def test_converts_what_onnx_runtime_refuses(self, predictor):
        """float64, Fortran order, non-contiguous views, lists, None: the same answers."""
        expected = predictor.run(self.arrays)
        views = {"size": np.ones((4, 4))[::2, ::2], "island": np.array([["Dream"], [None]], object)}
        lists = {"size": [[1, 1], [1, 1]], "island": [["Dream"], [""]]}
        for arrays in (views, lists, {**self.arrays, "size": np.asfortranarray(self.arrays["size"])}):
            found = predictor.run(arrays)
            np.testing.assert_array_equal(found["species_probability"], expected["species_probability"])

    def test_no_rows(self, predictor):
        answers = predictor.run({name: array[:0] for name, array in self.arrays.items()})
        assert answers["species_probability"].shape == (0, 3)

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"size": np.ones((2, 3), np.float32)}, r"`size` has the shape \(2, 3\), expected \(batch, 2\)"),
            ({"size": np.ones(2, np.float32)}, r"`size` has the shape \(2,\), expected \(batch, 2\)"),
            ({"size": np.array([["a", "b"]])}, "which is not a number"),
            ({"extra": np.ones(1)}, "the model has no input `extra`"),
            ({"size": np.ones((3, 2), np.float32)}, "different numbers of rows"),
        ],
    )
    def test_what_does_not_fit_is_said(self, predictor, changed, message):
        with pytest.raises(DataError, match=message):
            predictor.run({**self.arrays, **changed})

    def test_missing_input(self, predictor):
        with pytest.raises(DataError, match="the input `island` is missing"):
            predictor.run({"size": self.arrays["size"]})


def test_many_threads_at_once(predictor):
    data = {"width": list(range(100)), "height": [1] * 100, "island": ["Dream", "x"] * 50}
    expected = predictor.predict(data)["species_probability"]
    wrong: list[np.ndarray] = []

    def work():
        answers = [predictor.predict(data)["species_probability"] for _ in range(20)]
        wrong.extend(answer for answer in answers if not np.array_equal(answer, expected))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_importing_costs_neither_torch_nor_polars_nor_onnx(mixed, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(mixed)
    code = (
        "import sys\n"
        "import mlpspec.runtime.predict_file, mlpspec.runtime.doctor, mlpspec.runtime.inspect\n"
        "from mlpspec.runtime.predictor import Predictor\n"
        "assert 'onnxruntime' not in sys.modules\n"
        f"Predictor({str(path)!r}).predict({{'width': [1], 'height': [2.5], 'island': ['Dream']}})\n"
        "print([name for name in ('torch', 'polars', 'onnx', 'pandas', 'pyarrow') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == ""
