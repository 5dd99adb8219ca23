"""Shapes without the batch axis. A size that only the data can tell is a name instead of a number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

Dim = int | str
"""A size: a number, or the name of one that is not known before the data is read, e.g. `island.categories`."""


@dataclass(frozen=True)
class Shape:
    """The axes of one row's value; the batch axis in front is understood.

    >>> str(Shape((28, 28)))
    '(batch, 28, 28)'
    """

    dims: tuple[Dim, ...]

    def __str__(self) -> str:
        return "(" + ", ".join(["batch", *map(str, self.dims)]) + ")"

    @property
    def rank(self) -> int:
        """How many axes, the batch axis not counted."""
        return len(self.dims)

    @property
    def last(self) -> Dim:
        """The size of the last axis."""
        return self.dims[-1]

    @property
    def is_known(self) -> bool:
        """Whether every size is a number."""
        return all(isinstance(dim, int) for dim in self.dims)

    @property
    def known(self) -> tuple[int, ...]:
        """The sizes as numbers.

        Raises:
            UnknownSize: when one is known only with the data.
        """
        return tuple(known(dim) for dim in self.dims)

    def with_last(self, dim: Dim) -> Shape:
        """The same axes, the last of another size."""
        return Shape((*self.dims[:-1], dim))


class UnknownSize(Exception):
    """A size was needed as a number before the data was read."""


class ShapeFault(Exception):
    """Shapes do not fit a layer. Facts only; the pass that asks adds the place.

    `expected` completes "needs ...", `got` says what came; `inputs` are the positions of the layer's sources at fault.
    """

    def __init__(self, expected: str, got: str, *, help: str = "", inputs: tuple[int, ...] = (), option: str | None = None):
        super().__init__(f"needs {expected}, got {got}")
        self.expected, self.got, self.help, self.inputs, self.option = expected, got, help, inputs, option


def known(dim: Dim) -> int:
    """The size as a number, or `UnknownSize`."""
    if isinstance(dim, int):
        return dim
    raise UnknownSize(dim)


def product(dims: tuple[Dim, ...]) -> Dim:
    """The product of sizes; a name when one of several is unknown.

    >>> product((3, 4)), product((3, "x")), product((1, "x"))
    (12, '3*x', 'x')
    """
    number, names = 1, []
    for dim in dims:
        if isinstance(dim, int):
            number *= dim
        else:
            names.append(dim)
    if not names:
        return number
    return "*".join(([str(number)] if number != 1 else []) + names)


def total(dims: tuple[Dim, ...]) -> Dim:
    """The sum of sizes; a name when one is unknown.

    >>> total((3, 4)), total((3, "x")), total(("x", "x"))
    (7, '3+x', '2*x')
    """
    number = sum(dim for dim in dims if isinstance(dim, int))
    names = Counter(dim for dim in dims if isinstance(dim, str))
    if not names:
        return number
    return "+".join(([str(number)] if number else []) + [str(product((count, name))) for name, count in names.items()])


def differ(a: Dim, b: Dim) -> bool:
    """Whether two sizes are certainly different: both are numbers, and not the same one."""
    return isinstance(a, int) and isinstance(b, int) and a != b
