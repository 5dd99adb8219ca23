import numpy as np

from mlpspec.runtime.card import InputCard, ModelCard
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.synthetic import synthetic_rows


def card(*inputs):
    return ModelCard("x", "0", (), inputs, ())


def item(name, type="float32", columns=("a", "b"), shape=None, categories=None):
    return InputCard(name, "numeric", columns, type, shape, "error", "error", categories)


def test_numbers_and_tensors_are_standard_normal():
    rows = synthetic_rows(card(item("x"), item("t", columns=("t",), shape=(3, 4))), 20_000)
    assert (rows["x"].shape, rows["t"].shape) == ((20_000, 2), (20_000, 3, 4))
    for array in rows.values():
        assert array.dtype == np.float32
        assert abs(array.mean()) < 0.05
        assert abs(array.std() - 1) < 0.05


def test_categories_are_known_ones():
    texts = item("c", "string", categories=(("red", "blue"), ("x",)))
    codes = item("d", "int64", columns=("d",), categories=((3, 5),))
    rows = synthetic_rows(card(texts, codes), 200)
    assert set(rows["c"][:, 0]) == {"red", "blue"}
    assert set(rows["c"][:, 1]) == {"x"}
    assert set(rows["d"][:, 0].tolist()) == {3, 5}
    assert (rows["c"].dtype, rows["d"].dtype) == (object, np.int64)


def test_columns_without_known_categories_and_times():
    rows = synthetic_rows(card(item("c", "string"), item("d", "int64"), item("t", "seconds")), 5)
    assert all(type(text) is str for text in rows["c"].ravel())
    assert rows["d"].dtype == rows["t"].dtype == np.int64
    assert (rows["t"] >= 0).all()


def test_the_same_seed_gives_the_same_rows():
    first, again, other = (synthetic_rows(card(item("x")), 5, seed=seed)["x"] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_model_takes_them(mixed, strict, tensor, codes):
    for model in (mixed, strict, tensor, codes):
        predictor = Predictor(model, device="cpu")
        arrays = synthetic_rows(predictor.card, 7)
        answers, checked = predictor.run(arrays), predictor.predict(arrays)
        for name in answers:
            assert len(answers[name]) == 7
            assert (answers[name] == checked[name]).all()
