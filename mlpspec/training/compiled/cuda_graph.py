"""A block of steps as one CUDA graph: the GPU repeats all its kernels without Python."""

from __future__ import annotations

import torch

from mlpspec.training.compiled.program import Runner

WARM = 2
"""Whole blocks that run call by call before one is captured: libraries make ready in their first calls, which a graph must not hold."""


class GraphRunner:
    """Runs whole blocks as a CUDA graph, shorter ones and the first few call by call.

    A block reads and writes the same memory each time, its learning rates among it, so that the captured kernels can be repeated. Where
    the capture fails, everything stays call by call, and `problem` says why.
    """

    def __init__(self, run: Runner, steps: int):
        self.run, self.steps = run, steps
        self.problem: str | None = None
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, n: int, rates: list[float], firsts: list[bool]) -> None:
        """Run the first n steps of the block."""
        if n == self.steps and self._graph is None and self.problem is None and self._calls >= WARM:
            self._capture(rates, firsts)
        if n == self.steps and self._graph is not None:
            self._graph.replay()
        else:
            self.run(n, rates, firsts)
            self._calls += n == self.steps

    def _capture(self, rates: list[float], firsts: list[bool]) -> None:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self.run(self.steps, rates, firsts)
        except RuntimeError as error:
            self.problem = str(error).splitlines()[0]
            return
        self._graph = graph
