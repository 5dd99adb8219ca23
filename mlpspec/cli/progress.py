"""A progress bar on stderr for work that reports rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[int, float | None], None] | None]:
    """What a long work calls with the rows done and the share of the whole (None when unknown); None where nobody would see a bar."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(bar_width=20), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("0 rows", total=1.0)

        def report(rows: int, share: float | None) -> None:
            bar.update(task, description=f"{rows:,} rows", completed=share or 0.0, total=None if share is None else 1.0)

        yield report
