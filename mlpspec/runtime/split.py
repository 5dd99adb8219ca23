"""A model cut where texts end and numbers begin, so that the numbers can be calculated where no text can be: on a GPU, in fixed memory.

    texts ──front──▶ codes ──┐
                             ├──core──▶ numbers, probabilities, numbers of classes ──labels──▶ classes
    numbers ─────────────────┘

The file stays one and whole. Only the runtime that wants a GPU cuts it, in memory, along what ONNX Runtime says about the types of its
values, so that the file needs no marks for it and any model can be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mlpspec.runtime.onnx_graph import ELEMENT_TYPES, STRING, Node, OnnxGraph
from mlpspec.runtime.session import SessionFacts

Inspect = Callable[[bytes], SessionFacts]
"""What ONNX Runtime finds out about a model: the types and shapes of its inputs and outputs."""


class Unsplittable(Exception):
    """The model cannot be cut; the text is the reason, as a clause."""


@dataclass(frozen=True)
class Labels:
    """An output of texts, picked by number: the output of the core with the numbers, and the texts as an array of objects."""

    numbers: str
    classes: np.ndarray


@dataclass(frozen=True)
class Parts:
    """A cut model.

    Attributes:
        core: the model without its texts.
        front: the model from the texts to codes; None when there are no texts to read.
        labels: the outputs that are picked from texts, by name.
        whole: what the model was before it was cut; None when there was nothing to cut, so that the core is the model.
    """

    core: bytes = field(repr=False)
    front: bytes | None = field(default=None, repr=False)
    labels: Mapping[str, Labels] = field(default_factory=dict)
    whole: SessionFacts | None = None


def split(data: bytes, inspect: Inspect) -> Parts:
    """Cut a model.

    The front are the operators that read a text, or whose input's size beyond the batch depends on texts. An output of texts is understood
    when it is picked from a list of classes by a number.

    Args:
        data: the model's bytes.
        inspect: asks ONNX Runtime for the types of values.

    Raises:
        Unsplittable: when texts stand elsewhere, too.
    """
    graph = OnnxGraph(data)
    if STRING not in (*graph.inputs.values(), *graph.outputs.values(), *(weight.type for weight in graph.weights.values())):
        return Parts(data)
    if not graph.is_plain:
        raise Unsplittable("it has operators with graphs or functions of their own")
    return _Cut(graph, inspect).parts()


class _Cut:
    def __init__(self, graph: OnnxGraph, inspect: Inspect):
        self.graph = graph
        self.makers = {name: node for node in graph.nodes for name in node.outputs if name}
        facts = inspect(graph.with_outputs(self.makers.keys() - graph.outputs.keys()))
        self.values = {value.name: value for value in facts.outputs}
        self.whole = replace(facts, outputs=tuple(value for value in facts.outputs if value.name in graph.outputs))
        self.labels = {name: self._label(name) for name, type in graph.outputs.items() if type == STRING}

    def parts(self) -> Parts:
        wanted = list(dict.fromkeys(self.labels[name].numbers if name in self.labels else name for name in self.graph.outputs))
        codes = self._codes()
        core = self._needed(wanted, codes)
        made = {name for node in core for name in node.outputs}
        read = {name for node in core for name in node.inputs}
        given = [self.values[name] for name in codes if name in read]
        if STRING in map(self._type, made | read) or any(value.type not in ELEMENT_TYPES for value in given):
            raise Unsplittable("texts stand between its calculations")
        if not made.issuperset(wanted):
            raise Unsplittable("one of its outputs is not calculated from numbers")
        names = [value.name for value in given]
        front = self._needed(names, ())
        texts = self._inputs(front)
        if any(self.graph.inputs[name] != STRING for name in texts) or bool(texts) != bool(names):
            raise Unsplittable("what it does with texts depends on more than texts")
        return Parts(
            core=self.graph.part(core, self._inputs(core), given, wanted),
            front=self.graph.part(front, texts, (), names) if names else None,
            labels=self.labels,
            whole=self.whole,
        )

    def _label(self, output: str) -> Labels:
        """How an output of texts is picked from its classes."""
        maker = self.makers.get(output)
        if maker is None or maker.operator != ("", "Gather") or maker.integers.get("axis", 0):
            raise Unsplittable(f"its output `{output}` is a text that is not picked from a list")
        listed, numbers = maker.inputs
        weight = self.graph.weights.get(listed)
        if weight is None or weight.type != STRING or len(weight.shape) != 1:
            raise Unsplittable(f"the classes of its output `{output}` are no list of constants")
        return Labels(numbers, np.array([text.decode("utf-8", "replace") for text in weight.texts], object))

    def _codes(self) -> list[str]:
        """The numbers that the front gives: what its operators give to others."""
        texts = {name for name, type in self.graph.inputs.items() if type == STRING}
        texts |= {name for name, weight in self.graph.weights.items() if weight.type == STRING}
        unfinished: set[str] = set()  # texts, and numbers whose size depends on texts
        codes: list[str] = []
        for node in self.graph.nodes:
            if not self.labels.keys().isdisjoint(node.outputs):
                continue
            if any(name in texts or name in unfinished for name in node.inputs):
                unfinished.update(name for name in node.outputs if name and not self._is_finished(name))
                codes += [name for name in node.outputs if name and self._is_finished(name)]
        return codes

    def _is_finished(self, name: str) -> bool:
        """Whether a value is of numbers, with a size that only the batch changes."""
        value = self.values.get(name)
        return value is not None and value.type != "tensor(string)" and all(isinstance(size, int) for size in value.shape[1:])

    def _needed(self, wanted: Iterable[str], given: Iterable[str]) -> list[Node]:
        """The nodes that it takes to calculate some values when others are given, in order."""
        given, pending, found = set(given), list(wanted), set()
        while pending:
            name = pending.pop()
            maker = self.makers.get(name)
            if name not in given and maker is not None and maker.span not in found:
                found.add(maker.span)
                pending += maker.inputs
        return [node for node in self.graph.nodes if node.span in found]

    def _inputs(self, nodes: Iterable[Node]) -> list[str]:
        """The inputs of the graph that nodes read."""
        read = {name for node in nodes for name in node.inputs}
        return [name for name in self.graph.inputs if name in read]

    def _type(self, name: str) -> int:
        if name in self.values:
            return ELEMENT_TYPES.get(self.values[name].type, 0)
        return self.graph.weights[name].type if name in self.graph.weights else self.graph.inputs.get(name, 0)
