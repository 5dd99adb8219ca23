"""What every sampler is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import option
from mlpspec.catalog.targets.base import TargetType

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.data.column import ColumnReader


class Sampler(Entry):
    """Which training rows an epoch visits, and in what order. Batches are cut from that order.

    An order is a pure function of the spec's `seed` and the number of the epoch, so that a resumed run visits the rows that one which
    never stopped would have visited. Validation and test rows are always seen once each.
    """

    goes_by_chunks: ClassVar[bool] = False
    """Whether it can do without all rows at hand: `order` is then asked for the order of blocks of rows, and of the rows of a chunk."""

    def reserved(self) -> tuple[str, ...]:
        """Columns that are there for the sampler: patterns of input columns pass over them."""
        return ()

    def fit(self, reader: ColumnReader, targets: Mapping[str, TargetType]) -> np.ndarray | None:
        """What the order goes by, a number for each training row, (rows,); None where the rows are all alike.

        Raises:
            DataError: listing all that is wrong with the columns it reads.
        """
        return None

    def rows(self, rows: int, by: np.ndarray | None) -> int:
        """How many rows an epoch visits, of `rows` training rows."""
        return rows

    def order(self, rows: int, by: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
        """The rows of an epoch in the order of their visit, int64.

        Args:
            rows: how many training rows there are.
            by: what `fit` gave.
            generator: the epoch's own random numbers.
        """
        raise NotImplementedError(type(self).__name__)


def known(by: np.ndarray | None) -> np.ndarray:
    """What a sampler goes by, for one that needs it.

    Raises:
        ValueError: when it was not fitted.
    """
    if by is None:
        raise ValueError("the sampler was not fitted to the training rows")
    return by


class ByClass(Sampler):
    """A sampler that looks at the class of each row."""

    by: str | None = option(
        default=None,
        doc="A target or column of classes. Default: the target, where there is a single one of classes.",
        examples=("species",),
    )

    def class_column(self, targets: Mapping[str, TargetType]) -> str:
        """The column of classes.

        Raises:
            ValueError: when the spec does not say which of several, or names a target without classes.
        """
        if self.by is not None and self.by not in targets:
            return self.by
        fitting = {name: target for name, target in targets.items() if target.kind in ("category", "binary")}
        name = self.by or (next(iter(fitting)) if len(fitting) == 1 else None)
        if name is None:
            raise ValueError(f"the spec has {len(fitting) or 'no'} targets of classes, and one is meant")
        if name not in fitting:
            raise ValueError(f"a row of the {targets[name].kind} target `{name}` has no single class")
        [column] = targets[name].columns_read(name)
        return column

    def fit(self, reader: ColumnReader, targets: Mapping[str, TargetType]) -> np.ndarray:
        """The number of each row's class, int64."""
        import numpy as np

        column = self.class_column(targets)
        columns = reader.expand((column,), globs=False)
        values, type_ = reader.categories(columns, text=True)
        if columns:
            reader.refuse_missing(columns, type_)
        reader.raise_problems()
        return np.unique(values[:, 0].astype("U"), return_inverse=True)[1].astype(np.int64)
