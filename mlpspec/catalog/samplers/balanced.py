"""Every class equally often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, final

from mlpspec.catalog.option import option
from mlpspec.catalog.samplers.base import ByClass, known

if TYPE_CHECKING:
    import numpy as np


@final
class Balanced(ByClass):
    """Every class equally often in an epoch: rows of rare classes come several times, rows of common ones take turns.

    The rows of a class are shuffled and gone through again and again, so that within an epoch none comes twice more often than another of
    its class needs. `epoch` says how often a class comes: as often as makes an epoch of about as many rows as there are (`rows`), as the
    rarest class has rows (`rarest`: no row twice, undersampling), or as the commonest has (`commonest`: every row at least once,
    oversampling). Probabilities then are those of a world in which all classes are equally common; figures on validation rows are not
    touched. The alternative that leaves the rows alone is `class_weights` of the target.
    Source: He and Garcia 2009, section 3.1; imbalanced-learn's RandomOverSampler and RandomUnderSampler.
    """

    kind = "balanced"
    main = "by"

    epoch: Literal["rows", "rarest", "commonest"] = option(default="rows", doc="How many rows an epoch has.")

    def rows(self, rows: int, by: np.ndarray | None) -> int:
        import numpy as np

        counts = np.bincount(known(by))
        return len(counts) * self._each(counts)

    def order(self, rows: int, by: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
        import numpy as np

        by = known(by)
        counts = np.bincount(by)
        members = np.split(np.argsort(by, kind="stable"), np.cumsum(counts)[:-1])
        return generator.permutation(np.concatenate([_taken(rows, self._each(counts), generator) for rows in members]))

    def _each(self, counts: np.ndarray) -> int:
        """How many rows of each class an epoch has."""
        found = {"rows": max(1, round(counts.sum() / len(counts))), "rarest": counts.min(), "commonest": counts.max()}
        return int(found[self.epoch])


def _taken(members: np.ndarray, number: int, generator: np.random.Generator) -> np.ndarray:
    """So many of the members, each as often as any other or once more."""
    import numpy as np

    whole, rest = divmod(number, len(members))
    return np.concatenate([np.tile(members, whole), generator.permutation(members)[:rest]])
