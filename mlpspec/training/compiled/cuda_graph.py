"""Blocks of steps as CUDA graphs: the GPU repeats all their kernels without Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch

from mlpspec.training.compiled.program import Runner

WARM = 2
"""How often a length runs call by call before it is captured: libraries prepare themselves in their first calls, which no graph holds."""

MOST = 4
"""Graphs of a block: one for whole blocks, one for what is left of an epoch, and some for epochs that were taken up in their middle."""


class GraphRunner:
    """Runs the first n steps of a block: as a CUDA graph once that number came often enough, call by call before.

    A block reads and writes the same memory each time, its learning rates and step numbers among it, so that the captured kernels can be
    repeated. Dropout draws on: a graph takes up torch's random state where it is, and moves it on as single calls would. The very first
    step may be another one than all later ones (SGD's momentum), and never comes from a graph. Where a capture fails, everything stays
    call by call, and `tell` is given the reason.

    Source: torch.cuda.graph, https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs: a stream of its own for the calls before and for
    the capture; one memory pool for all graphs, which never run at once and leave nothing in it.
    """

    def __init__(self, run: Runner, tell: Callable[[str], None] = lambda problem: None):
        self.run, self.tell = run, tell
        self.problem: str | None = None
        self.graphs: dict[int, torch.cuda.CUDAGraph] = {}
        self._calls: Counter[int] = Counter()
        self._stream: torch.cuda.Stream | None = None

    def __call__(self, n: int, rates: list[float], firsts: list[bool]) -> None:
        """Run the first n steps of the block."""
        if n not in self.graphs and self._calls[n] >= WARM and len(self.graphs) < MOST and self.problem is None:
            self._capture(n, rates)
        if n in self.graphs and not any(firsts):
            self.graphs[n].replay()
        else:
            self._beside(n, rates, firsts)
            self._calls[n] += 1

    def _beside(self, n: int, rates: list[float], firsts: list[bool]) -> None:
        """Call by call, in the stream that captures."""
        self._stream = stream = self._stream or torch.cuda.Stream()
        now = torch.cuda.current_stream()
        stream.wait_stream(now)
        with torch.cuda.stream(stream):
            self.run(n, rates, firsts)
        now.wait_stream(stream)

    def _capture(self, n: int, rates: list[float]) -> None:
        graph = torch.cuda.CUDAGraph()
        pool = next((other.pool() for other in self.graphs.values()), None)
        try:
            # other threads, such as the one that fetches rows, may use the GPU meanwhile
            with torch.cuda.graph(graph, pool=pool, stream=self._stream, capture_error_mode="thread_local"):
                self.run(n, rates, [False] * n)
        except RuntimeError as error:
            self.problem = str(error).splitlines()[0]
            self.tell(self.problem)
        else:
            self.graphs[n] = graph
