"""From a program to a function that runs a block of steps: source text, compiled by TorchScript or by Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from mlpspec.training.compiled.program import FIRST, RATE, Call, Name, Program, Runner


def emit(program: Program) -> tuple[Runner, str]:
    """A function that runs the program, and how: `TorchScript`, or `Python` where this torch has none or it refuses.

    TorchScript's interpreter costs a third of a microsecond a call, Python two. It is deprecated, so Python must do as well.
    """
    try:
        return emit_script(program), "TorchScript"
    except (RuntimeError, AttributeError, TypeError):
        return emit_python(program), "Python"


def emit_script(program: Program) -> Runner:
    """By TorchScript.

    Raises:
        RuntimeError, AttributeError, TypeError: when this torch cannot.
    """
    types = [*["Tensor"] * len(program.tensors), *["List[Tensor]"] * (len(program.slots) + len(program.lists))]
    names = [*program.tensors, *_listed(program.slots), *program.lists]
    typed = [f"{name}: {kind}" for name, kind in zip(names, types, strict=True)]
    head = f"def block({', '.join(['n: int', 'rates: List[float]', 'firsts: List[bool]', *typed])}) -> None:"
    text = "\n".join([head, *_body(program, _script_name, scripted=True), ""])
    # without torch's optimizer for TorchScript: it removes updates whose results it thinks nobody reads
    with torch.jit.optimized_execution(False):  # pyright: ignore[reportPrivateImportUsage]
        function: Any = torch.jit.CompilationUnit(text).block
    values = [*program.tensors.values(), *program.slots.values(), *program.lists.values()]

    def run(n: int, rates: list[float], firsts: list[bool]) -> None:
        with torch.jit.optimized_execution(False):  # pyright: ignore[reportPrivateImportUsage]
            function(n, rates, firsts, *values)

    return run


def emit_python(program: Program) -> Runner:
    """By Python."""
    operators: dict[str, Any] = {}

    def name(operator: torch._ops.OpOverload) -> str:
        operators[_python_name(operator)] = operator
        return _python_name(operator)

    text = "\n".join(["def block(n, rates, firsts):", *_body(program, name, scripted=False)])
    space: dict[str, Any] = {"torch": torch, **program.tensors, **program.lists}
    space |= dict(zip(_listed(program.slots), program.slots.values(), strict=True))
    made: dict[str, Any] = {}
    exec(compile(text, "<step>", "exec"), space | operators, made)
    return made["block"]


def _body(program: Program, name: Callable[[torch._ops.OpOverload], str], *, scripted: bool) -> list[str]:
    lines = ["    for i in range(n):", f"        {RATE.text} = rates[i]", f"        {FIRST.text} = firsts[i]"]
    lines += [f"        {slot} = {listed}[i]" for slot, listed in zip(program.slots, _listed(program.slots), strict=True)]
    for call in program.calls:
        left = f"{', '.join(result.text for result in call.results)} = " if call.results else ""
        lines.append(f"        {left}{name(call.operator)}({', '.join(_arguments(call, scripted))})")
    return lines


def _listed(slots: dict[str, Any]) -> list[str]:
    return [f"{name}_of" for name in slots]


def _arguments(call: Call, scripted: bool) -> list[str]:
    declared = {argument.name: str(argument.type.annotation_str) for argument in call.operator._schema.arguments}
    placed = [_literal(value, kind, scripted) for value, kind in zip(call.args, declared.values(), strict=False)]
    return [*placed, *(f"{key}={_literal(value, declared[key], scripted)}" for key, value in call.kwargs.items())]


def _literal(value: Any, kind: str, scripted: bool) -> str:
    if isinstance(value, Name):
        return value.text
    if isinstance(value, (list, tuple)):
        if not value and scripted and kind.startswith("List"):
            return f"torch.jit.annotate({kind}, [])"
        return f"[{', '.join(_literal(item, '', scripted) for item in value)}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    if isinstance(value, torch.device):
        return f"torch.device('{value}')"
    return repr(value)


def _script_name(operator: torch._ops.OpOverload) -> str:
    return f"torch.ops.{operator._schema.name.replace('::', '.')}"


def _python_name(operator: torch._ops.OpOverload) -> str:
    return str(operator).replace(".", "_")
