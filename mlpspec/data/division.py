"""Ways of dividing rows: shuffled class by class, group by group, or in the order of time. Each gives parts by share, and folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np


class Division(Protocol):
    """Rows that can be divided. `count` says into how many pieces at most, `unit` what those are called."""

    unit: str

    @property
    def count(self) -> int:
        """How many things there are that stay whole."""
        ...

    def parts(self, shares: Sequence[Fraction]) -> list[np.ndarray]:
        """The rows of each part, in any order; `shares` sum to 1. A part may get no rows."""
        ...

    def folds(self, count: int) -> list[tuple[Division, np.ndarray]]:
        """For each of `count` folds the rows to learn from, to be divided further, and the rows that are held out."""
        ...


@dataclass(frozen=True)
class ByClass:
    """Shuffled rows of each class, (rows of the class,); one class holds them all where classes do not matter."""

    classes: Sequence[np.ndarray]
    unit = "rows"

    @property
    def count(self) -> int:
        return sum(map(len, self.classes))

    def parts(self, shares: Sequence[Fraction]) -> list[np.ndarray]:
        pieces: list[list[np.ndarray]] = [[] for _ in shares]
        for rows, counts in zip(self.classes, allot([len(rows) for rows in self.classes], shares), strict=True):
            for piece, taken in zip(pieces, np.split(rows, np.cumsum(counts)[:-1]), strict=True):
                piece.append(taken)
        return [np.concatenate(piece) for piece in pieces]

    def folds(self, count: int) -> list[tuple[Division, np.ndarray]]:
        """The rows, class behind class, are dealt like cards: folds differ by one row at most, and by one row of each class.

        Source: the sizes are those of scikit-learn's KFold and StratifiedKFold.
        """
        dealt = np.concatenate(self.classes)
        held = [dealt[fold::count] for fold in range(count)]
        return [(ByClass([kept for rows in self.classes if len(kept := _without(rows, out))]), out) for out in held]


@dataclass(frozen=True)
class ByGroup:
    """Rows of each group, (rows of the group,), which stay together, and how many of each class a group has: (groups, classes)."""

    groups: Sequence[np.ndarray]
    sizes: np.ndarray
    unit = "groups"

    @property
    def count(self) -> int:
        return len(self.groups)

    def parts(self, shares: Sequence[Fraction]) -> list[np.ndarray]:
        places = allot_groups(self.sizes, [float(share) for share in shares])
        return [self._rows(places == part) for part in range(len(shares))]

    def folds(self, count: int) -> list[tuple[Division, np.ndarray]]:
        """Folds of about as many rows, and of each class about as many.

        Source: without classes the sizes are those of scikit-learn's GroupKFold.
        """
        places = allot_groups(self.sizes, [1 / count] * count)
        kept = [np.flatnonzero(places != fold).tolist() for fold in range(count)]
        return [(ByGroup([self.groups[g] for g in rest], self.sizes[rest]), self._rows(places == fold)) for fold, rest in enumerate(kept)]

    def _rows(self, chosen: np.ndarray) -> np.ndarray:
        return np.concatenate([np.empty(0, np.int64), *(self.groups[group] for group in np.flatnonzero(chosen).tolist())])


@dataclass(frozen=True)
class ByTime:
    """Rows in the order of time, (rows,). Whatever is learnt from comes before what it is tried on."""

    order: np.ndarray
    unit = "rows"

    @property
    def count(self) -> int:
        return len(self.order)

    def parts(self, shares: Sequence[Fraction]) -> list[np.ndarray]:
        [counts] = allot([len(self.order)], shares)
        return np.split(self.order, np.cumsum(counts)[:-1])

    def folds(self, count: int) -> list[tuple[Division, np.ndarray]]:
        """Forward chaining: of `count` + 1 stretches of time each but the first is held out once, and all before it are learnt from.

        Source: scikit-learn's TimeSeriesSplit, which gives the first stretch what does not divide evenly.
        """
        size = len(self.order) // (count + 1)
        starts = [len(self.order) - size * (count - fold) for fold in range(count)]
        return [(ByTime(self.order[:start]), self.order[start : start + size]) for start in starts]


def allot(sizes: Sequence[int], shares: Sequence[Fraction]) -> list[list[int]]:
    """How many rows of each class go to each part; `shares` sum to 1, classes have `sizes` rows.

    Each class is divided by its shares, rounded down; the rows left over go to the parts that are furthest behind their shares of all
    classes so far. The first row left over goes to the first part (training) when that has none of the class.

    >>> allot([10], [Fraction(7, 10), Fraction(3, 20), Fraction(3, 20)])
    [[7, 2, 1]]
    """
    behind = [Fraction(0)] * len(shares)
    allotted: list[list[int]] = []
    for size in sizes:
        counts = [int(share * size) for share in shares]
        remainders = [share * size - count for share, count in zip(shares, counts, strict=True)]
        behind = [owed + remainder for owed, remainder in zip(behind, remainders, strict=True)]
        left = size - sum(counts)
        ranked = [0] if shares[0] and not counts[0] else []
        eligible = [part for part, remainder in enumerate(remainders) if remainder and part not in ranked]
        ranked += sorted(eligible, key=lambda part: -behind[part])
        for part in ranked[:left]:
            counts[part] += 1
            behind[part] -= 1
        allotted.append(counts)
    return allotted


def allot_groups(sizes: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """The part that each group goes to, (groups,) int64.

    The largest groups choose first. A group goes where the parts' shares of every class then come nearest to `shares` (least squares over
    classes and parts), and among equals to the part with the fewest rows. The last groups go to parts that would be empty otherwise.

    Args:
        sizes: rows of each group by class, (groups, classes); a single class where classes do not matter.
        shares: of all rows, for each part; they sum to 1. A part whose share is 0 gets nothing.

    >>> allot_groups(np.array([[3], [9], [4], [2]]), [0.5, 0.5]).tolist()
    [1, 0, 1, 1]
    """
    wanted = np.asarray(shares, np.float64)
    weights = sizes / np.maximum(sizes.sum(axis=0), 1)
    have = np.zeros((len(wanted), sizes.shape[1]))
    rows = np.zeros(len(wanted))
    places = np.zeros(len(sizes), np.int64)
    for number, group in enumerate(np.argsort(-sizes.sum(axis=1), kind="stable")):
        empty = (wanted > 0) & (rows == 0)
        open_ = empty if empty.sum() >= len(sizes) - number else wanted > 0
        # of the sum of squares only the term 2 w (have - wanted) depends on the part
        worse = np.where(open_, (have - wanted[:, None]) @ weights[group], np.inf)
        nearest = np.flatnonzero(worse <= worse.min() + 1e-12)
        places[group] = part = nearest[np.argmin(rows[nearest])]
        have[part] += weights[group]
        rows[part] += sizes[group].sum()
    return places


def _without(rows: np.ndarray, out: np.ndarray) -> np.ndarray:
    """The rows that are not among `out`, in their order."""
    return rows[~np.isin(rows, out)]
