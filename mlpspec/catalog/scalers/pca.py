"""Principal components in place of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlpspec.catalog.float32 import float32_numbers
from mlpspec.catalog.option import option
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.ir.program import Chain
from mlpspec.ir.shape import Dim

if TYPE_CHECKING:
    import numpy as np

NOISE = 1e-6
"""A component whose standard deviation is a smaller part of the largest one's holds rounding errors only."""


@final
class Pca(Scaler):
    """The columns' principal components, those of most variance first: uncorrelated and, whitened, each of variance 1.

    The columns are centred, not scaled: give columns of one unit, or of a common size. A component without variance becomes zeros. Of each
    component's weights the largest in size is positive. The product is calculated in float64.
    Source: scikit-learn's PCA(whiten=True); variances are divided by the number of rows less one, as there.
    """

    kind = "pca"
    main = "components"
    invertible = False
    mixes_columns = True

    components: float | None = option(
        default=None,
        above=0.0,
        doc="How many components are kept; below 1, as many as it takes to keep that share of the variance. Default: all.",
        examples=(8, 0.95),
    )
    whiten: bool = option(default=True, doc="Divide each component by its standard deviation.")

    def problem(self) -> str | None:
        if self.components is not None and self.components > 1 and self.components != int(self.components):
            return f"`components: {self.components:g}` is neither a number of components nor a share of the variance; write e.g. 8 or 0.95"
        return None

    def fit(self, values: np.ndarray, chain: Chain) -> int:
        import numpy as np

        centre = values.mean(axis=0, dtype=np.float64)
        axes, variance = _principal_axes(values - centre)
        kept = self._kept(variance)
        axes, deviation = axes[:, :kept], np.sqrt(variance[:kept])
        noise = deviation <= NOISE * np.sqrt(variance.max())
        weights = np.where(noise, 0.0, axes / np.where(noise, 1.0, deviation) if self.whiten else axes)
        chain.then("subtract", values=float32_numbers(centre)).then("matmul", values=weights.tolist())
        return kept

    def width(self, input_name: str, columns: Dim) -> Dim:
        if self.components is None:
            return columns
        return int(self.components) if self.components >= 1 else f"{input_name}.components"

    def _kept(self, variance: np.ndarray) -> int:
        import numpy as np

        if self.components is None:
            return len(variance)
        if self.components >= 1:
            return int(self.components)
        share = np.cumsum(variance) / max(variance.sum(), np.finfo(np.float64).tiny)
        return min(int(np.searchsorted(share, self.components, side="right")) + 1, len(variance))


def _principal_axes(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The axes as columns, (columns, columns), and the variance along each, largest first."""
    import numpy as np

    covariance = centred.T @ centred / max(len(centred) - 1, 1)
    variance, axes = np.linalg.eigh(covariance)
    variance, axes = variance[::-1].clip(min=0.0), axes[:, ::-1]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return axes * np.where(largest < 0, -1.0, 1.0), variance
