"""What a person sees while a model trains: one live line in a terminal, a plain line an epoch elsewhere. On stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Protocol, Self


class Progress(Protocol):
    """What the loop tells."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def note(self, text: str) -> None:
        """A line worth keeping."""
        ...

    def epoch(self, number: int, epochs: int, figures: Mapping[str, float | None], rows_per_second: float) -> None:
        """An epoch is over."""
        ...


class Silent:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def note(self, text: str) -> None:
        """Nothing."""

    def epoch(self, number: int, epochs: int, figures: Mapping[str, float | None], rows_per_second: float) -> None:
        """Nothing."""


class Notes(Silent):
    """The lines worth keeping, and none for epochs."""

    def note(self, text: str) -> None:
        """The line itself."""
        print(text, file=sys.stderr, flush=True)  # noqa: T201


class Lines(Notes):
    """A plain line for about every twentieth of the epochs, at most one a second or so, and the first and last."""

    def __init__(self) -> None:
        self._last = 0.0

    def epoch(self, number: int, epochs: int, figures: Mapping[str, float | None], rows_per_second: float) -> None:
        """`epoch 12/60  train.loss 0.31  ...  8,100 rows/s`."""
        due = number % max(1, epochs // 20) == 0 or time.monotonic() - self._last > 10
        if number in (1, epochs) or due:
            self._last = time.monotonic()
            self.note(f"epoch {number}/{epochs}  {figures_text(figures)}  {rows_per_second:,.0f} rows/s")


WIDE = 80
"""Columns of a terminal from which a bar and the speed have room beside the figures."""


class Live(Silent):
    """One line in place with a bar, the figures, rows/s and the time left; in a narrow terminal the epoch and the figures alone."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        console = Console(stderr=True)
        self._wide = console.width >= WIDE
        epoch, figures = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[figures]}", markup=False)
        columns = (
            (epoch, BarColumn(bar_width=20 if console.width >= 120 else 5), figures, TimeRemainingColumn()) if self._wide else (epoch,)
        )
        self._progress = RichProgress(*columns, console=console, transient=False)
        self._task = self._progress.add_task("", total=None, figures="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._progress.console.print(text, highlight=False, markup=False)

    def epoch(self, number: int, epochs: int, figures: Mapping[str, float | None], rows_per_second: float) -> None:
        """Move the bar and renew the figures."""
        count, text = f"epoch {number}/{epochs}", f"{brief_text(figures)}  {rows_per_second / 1000:,.0f}k rows/s"
        description = count if self._wide else f"{count}  {text}"
        self._progress.update(self._task, total=epochs, completed=number, description=description, figures=text)


def progress_for(*, quiet: bool, one_of_many: bool = False) -> Progress:
    """The display that suits where stderr goes; `one_of_many` is for a run whose epochs are not worth lines of their own."""
    if quiet:
        return Silent()
    if sys.stderr.isatty():
        return Live()
    return Notes() if one_of_many else Lines()


def brief_text(figures: Mapping[str, float | None]) -> str:
    """The figures of an epoch in few columns: the loss of training and validation, then the validation metrics.

    >>> brief_text({"train.loss": 0.31214, "validation.loss": 0.35, "validation.accuracy": 1.0})
    'loss 0.312/0.35  accuracy 1'
    """
    losses = "/".join(_short(figures[name]) for name in ("train.loss", "validation.loss") if name in figures)
    others = [f"{name.removeprefix('validation.')} {_short(value)}" for name, value in figures.items() if not name.endswith("loss")]
    return "  ".join([f"loss {losses}", *others])


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def figures_text(figures: Mapping[str, float | None]) -> str:
    """`train.loss 0.3121  validation.loss 0.35  accuracy 0.9714`.

    >>> figures_text({"train.loss": 0.31214, "validation.accuracy": 1.0, "validation.auroc": None})
    'train.loss 0.3121  validation.accuracy 1  validation.auroc -'
    """
    return "  ".join(f"{name} {'-' if value is None else f'{value:.4g}'}" for name, value in figures.items())
