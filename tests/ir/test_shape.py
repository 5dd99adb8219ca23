import pytest

from mlpspec.ir.shape import Shape, UnknownSize, differ, known, product, total


def test_a_shape_is_said_with_its_batch_axis():
    assert str(Shape((3, "x.columns"))) == "(batch, 3, x.columns)"
    assert str(Shape(())) == "(batch)"


def test_sums_and_products_keep_the_names_of_unknown_sizes():
    assert total((3, 4, "a", "b")) == "7+a+b"
    assert product((3, "a", 2)) == "6*a"
    assert total((1, 2)) == 3
    assert product(()) == 1


def test_only_two_different_numbers_certainly_differ():
    assert differ(3, 4)
    assert not differ(3, 3)
    assert not differ(3, "x")
    assert not differ("x", "y")


def test_an_unknown_size_is_not_a_number():
    assert known(5) == 5
    with pytest.raises(UnknownSize):
        known("island.categories")
    with pytest.raises(UnknownSize):
        Shape((2, "x")).known  # noqa: B018  # reading the property is the test
    assert not Shape((2, "x")).is_known
