"""From a graph to the PyTorch source that a person would have written, out of the same records as the module."""

from __future__ import annotations

import inspect
from typing import Any

from mlpspec.ir.graph import Graph, Node
from mlpspec.ir.lowering import Fold, Function, Init, Input, Inputs, Module, Reuse, Stack
from mlpspec.pytorch.names import class_name, identifiers

_INFIX = {"operator.add": "+", "operator.mul": "*", "operator.sub": "-"}


def print_source(graph: Graph) -> str:
    """A standalone Python file with one class, which needs only torch.

    Its state_dict has the names and shapes of `build_module`'s, its output is the same, and the same torch seed gives the same weights.

    Raises:
        ValueError: when a size of the graph is still unknown.
    """
    return _Printer(graph).file()


class _Printer:
    def __init__(self, graph: Graph):
        self.graph = graph
        self.helpers: dict[str, str] = {}
        self.names = identifiers(value.name for value in (*graph.inputs, *graph.nodes))

    def file(self) -> str:
        body = self.model()
        head = ["import torch", "from torch import nn"]
        uses_stack = "OrderedDict(" in body
        imports = (["from collections import OrderedDict", ""] if uses_stack else []) + head
        if any("F." in text for text in (body, *self.helpers.values())):
            imports.append("from torch.nn import functional as F")
        if "operator." in body:
            imports.insert(0, "import operator")
        title = f'"""The network `{self.graph.name}`, written by mlpspec."""'
        parts = [title + "\n\n" + "\n".join(imports), *self.helpers.values(), body]
        return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"

    def model(self) -> str:
        names = [self.names[value.name] for value in self.graph.inputs]
        shapes = "; ".join(f"{value.name} {value.shape} {value.dtype}" for value in self.graph.inputs)
        outputs = "; ".join(f"{target} {self.graph.shape_of(node)}" for target, node in self.graph.outputs.items())
        lines = [
            f"class {class_name(self.graph.name)}(nn.Module):",
            f'    """Takes {shapes}. Gives a dict: {outputs}."""',
            "",
            "    def __init__(self) -> None:",
            "        super().__init__()",
        ]
        for node in self.graph.nodes:
            lines += [f"        {line}" for line in self.construction(node)]
        signature = ", ".join(f"{name}: torch.Tensor" for name in names)
        lines += ["", f"    def forward(self, {signature}) -> dict[str, torch.Tensor]:"]
        for node in self.graph.nodes:
            lines.append(f"        {self.names[node.name]} = {self.call(node)}  # {node.shape}")
        answers = ", ".join(f'"{target}": {self.names[node]}' for target, node in self.graph.outputs.items())
        return "\n".join([*lines, f"        return {{{answers}}}"])

    def construction(self, node: Node) -> list[str]:
        record, attribute = node.lowering, f"self.{node.name}"
        if isinstance(record, Module):
            return [f"{attribute} = {self.new(record)}", *self.fills(attribute, record)]
        if isinstance(record, Stack):
            lines = [f"{attribute} = nn.Sequential(", "    OrderedDict("]
            lines += [f"        {name}={self.new(part)}," for name, part in record.parts.items()]
            lines += ["    )", ")"]
            return lines + [line for name, part in record.parts.items() for line in self.fills(f"{attribute}.{name}", part)]
        if record is None:
            raise ValueError(f"the sizes of `{node.name}` are not known")
        return []

    def new(self, record: Module) -> str:
        if "." not in record.target:
            self.keep_helper(record.target)
        return f"{record.target}({_arguments(record.args, record.kwargs)})"

    def keep_helper(self, name: str) -> None:
        from mlpspec.pytorch import modules

        self.helpers.setdefault(name, inspect.getsource(getattr(modules, name)))

    def fills(self, attribute: str, record: Module) -> list[str]:
        return [f"{_init(init, f'{attribute}.{weight}')}" for weight, init in record.initial.items()]

    def call(self, node: Node) -> str:
        inputs = [self.names[source] for source in node.sources]
        match node.lowering:
            case Module() | Stack():
                return f"self.{node.name}({', '.join(inputs)})"
            case Reuse(node=shared):
                return f"self.{shared}({', '.join(inputs)})"
            case Function(target=target, args=args, kwargs=kwargs):
                return f"{target}({_arguments(args, kwargs, inputs)})"
            case Fold(target=target) if target in _INFIX:
                return f" {_INFIX[target]} ".join(inputs)
            case Fold(target=target):
                folded = inputs[0]
                for other in inputs[1:]:
                    folded = f"{target}({folded}, {other})"
                return folded
            case _:
                raise ValueError(f"the sizes of `{node.name}` are not known")


def _init(init: Init, weight: str) -> str:
    return f"{init.target}({', '.join([weight, *(f'{key}={value!r}' for key, value in init.kwargs.items())])})"


def _arguments(args: tuple[Any, ...], kwargs: Any, inputs: list[str] | None = None) -> str:
    def one(arg: Any) -> str:
        match arg:
            case Input(index=index) if inputs is not None:
                return inputs[index]
            case Inputs() if inputs is not None:
                return f"[{', '.join(inputs)}]"
            case _:
                return repr(arg)

    return ", ".join([*map(one, args), *(f"{key}={value!r}" for key, value in kwargs.items())])
