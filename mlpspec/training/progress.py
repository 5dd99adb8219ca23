"""What a person sees while a model trains: one live line in a terminal, a plain line an epoch elsewhere. On stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self


@dataclass(frozen=True)
class EpochSeen:
    """An epoch as a display gets it.

    `best` is the best value of the monitored figure so far, None while there is none; `seconds_left` is for all epochs that are planned;
    `memory` gives the bytes in use, None where that is not known, and is asked only when it is shown; `skipped` is how many steps of the
    epoch changed nothing, as their gradients overflowed float16.
    """

    number: int
    epochs: int
    figures: Mapping[str, float | None]
    rows_per_second: float
    learning_rate: float
    best: float | None
    best_epoch: int
    seconds_left: float
    memory: Callable[[], int | None]
    skipped: int = 0


class Progress(Protocol):
    """What the loop tells."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def note(self, text: str) -> None:
        """A line worth keeping."""
        ...

    def epoch(self, seen: EpochSeen) -> None:
        """An epoch is over."""
        ...


class Silent:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def note(self, text: str) -> None:
        """Nothing."""

    def epoch(self, seen: EpochSeen) -> None:
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

    def epoch(self, seen: EpochSeen) -> None:
        """`epoch 12/60  train.loss 0.31  ...  best 0.35 (epoch 9)  rate 0.003  8,100 rows/s  412 MB  0:12 left`."""
        due = seen.number % max(1, seen.epochs // 20) == 0 or time.monotonic() - self._last > 10
        if seen.number in (1, seen.epochs) or due:
            self._last = time.monotonic()
            self.note(
                f"epoch {seen.number}/{seen.epochs}  {figures_text(seen.figures)}  {details_text(seen)}  {duration(seen.seconds_left)} left"
            )


WIDE = 80
"""Columns of a terminal from which a bar has room beside the figures, and details stand below them."""

OFTEN = 0.1
"""Seconds between two looks of a person; what comes in between is not drawn."""


class Live(Silent):
    """Two lines in place: a bar, the figures and the time left, and the details below; in a narrow terminal the epoch and the figures."""

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
        self._last = -OFTEN
        self._undrawn: EpochSeen | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._undrawn is not None:
            self._draw(self._undrawn)
        self._progress.stop()

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._progress.console.print(text, highlight=False, markup=False)

    def epoch(self, seen: EpochSeen) -> None:
        """Move the bar and renew the figures."""
        self._undrawn = seen
        if time.monotonic() - self._last >= OFTEN:
            self._draw(seen)

    def _draw(self, seen: EpochSeen) -> None:
        self._last, self._undrawn = time.monotonic(), None
        count, text = f"epoch {seen.number}/{seen.epochs}", brief_text(seen.figures)
        description = count if self._wide else f"{count}  {text}"
        text = f"{text}\n{details_text(seen)}"
        self._progress.update(self._task, total=seen.epochs, completed=seen.number, description=description, figures=text)


def progress_for(*, quiet: bool, one_of_many: bool = False) -> Progress:
    """The display that suits where stderr goes; `one_of_many` is for a run whose epochs are not worth lines of their own."""
    if quiet:
        return Silent()
    if sys.stderr.isatty():
        return Live()
    return Notes() if one_of_many else Lines()


def details_text(seen: EpochSeen) -> str:
    """What else there is to know: the best value so far, the learning rate, the speed, the memory in use.

    >>> details_text(EpochSeen(9, 60, {}, 8123.0, 0.003, 0.35, 7, 12.0, lambda: 412_000_000))
    'best 0.35 (epoch 7)  rate 0.003  8,123 rows/s  412 MB'
    """
    best = "" if seen.best is None else f"best {_short(seen.best)} (epoch {seen.best_epoch})  "
    used = seen.memory()
    memory = "" if used is None else f"  {used / 1e6:,.0f} MB"
    skipped = f"  {seen.skipped:,} step{'s' if seen.skipped > 1 else ''} skipped" if seen.skipped else ""
    return f"{best}rate {_short(seen.learning_rate)}  {seen.rows_per_second:,.0f} rows/s{memory}{skipped}"


def duration(seconds: float) -> str:
    """Minutes and seconds, or hours too.

    >>> duration(12), duration(754.2), duration(7384)
    ('0:12', '12:34', '2:03:04')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


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
