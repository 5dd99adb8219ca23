"""Give each matrix product to the library that is faster for it, bias and ReLU fused where oneDNN takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from mlpspec.training.compiled.decisions import Decisions
from mlpspec.training.compiled.onednn import linear
from mlpspec.training.compiled.timing import first_is_faster
from mlpspec.training.compiled.trace import Layout, Traced, layout

aten = torch.ops.aten

BLAS = "blas"

SMALL = 2_000_000
"""Products of fewer floating-point operations go to torch's own BLAS untried: oneDNN's preparation costs more than they do."""


@dataclass(frozen=True)
class Product:
    """a @ b, plus a bias, through a ReLU."""

    a: Layout
    b: Layout
    bias: bool
    relu: bool

    @property
    def operations(self) -> int:
        """Floating-point operations: 2 * rows * inner * columns."""
        return 2 * self.a.shape[0] * self.a.shape[1] * self.b.shape[1]

    @property
    def key(self) -> str:
        """Such as `128x784x256 nt bias relu`: rows, inner size, columns; n and t say which factors are transposed."""
        order = "".join("n" if factor.contiguous else "t" for factor in (self.a, self.b))
        extras = [name for name, there in (("bias", self.bias), ("relu", self.relu)) if there]
        return " ".join([f"{self.a.shape[0]}x{self.a.shape[1]}x{self.b.shape[1]}", order, *extras])


def choose_libraries(traced: Traced, decisions: Decisions, *, by_trial: bool = True) -> None:
    """Products that oneDNN does faster become `mkldnn._linear_pointwise` nodes; the others stay `mm` and `addmm`.

    Without `by_trial`, for batches that come once an epoch, all that are not small go where most others went.
    """
    for node in list(traced.graph.nodes):
        found = _product(node, traced)
        if found is None:
            continue
        product, (a, b, bias, relu) = found
        if product.operations < SMALL or linear() is None:
            continue
        if by_trial:
            choice = decisions.get(product.key, lambda product=product: "onednn" if _trial(product) else BLAS, BLAS)
        else:
            choice = decisions.usual(BLAS)
        if choice == "onednn":
            _rewrite(traced, relu or node, a, b, bias, relu is not None)
    traced.graph.eliminate_dead_code()


def _product(node: fx.Node, traced: Traced) -> tuple[Product, tuple[fx.Node, fx.Node, fx.Node | None, fx.Node | None]] | None:
    """The matrix product of a node with its factors, bias and following ReLU."""
    args: tuple[Any, ...] = node.args
    relu = None
    if node.target is aten.addmm.default and not node.kwargs and len(layout(args[0]).shape) == 1:
        bias, a, b = args
        reader = next(iter(node.users))
        if len(node.users) == 1 and reader.target is aten.relu.default:
            relu = reader
    elif node.target is aten.mm.default:
        bias, (a, b) = None, args
    else:
        return None
    product = Product(layout(a), layout(b), bias is not None, relu is not None)
    return (product, (a, b, bias, relu)) if product.a.dtype == torch.float32 else None


def _trial(product: Product) -> bool:
    """Whether oneDNN is the faster in a trial of some milliseconds."""
    a, b = (torch.empty_strided(factor.shape, factor.stride).fill_(0.5) for factor in (product.a, product.b))
    bias = torch.ones(b.shape[1]) if product.bias else None
    out = torch.empty(a.shape[0], b.shape[1])
    call = linear()
    assert call is not None

    def onednn() -> None:
        call(a, b.t(), bias, "relu" if product.relu else "none", [], "")

    def blas() -> None:
        torch.mm(a, b, out=out) if bias is None else torch.addmm(bias, a, b, out=out)
        if product.relu:
            out.relu_()

    return first_is_faster(onednn, blas)


def _rewrite(traced: Traced, node: fx.Node, a: fx.Node, b: fx.Node, bias: fx.Node | None, relu: bool) -> None:
    known = layout(b)
    weight = b.args[0] if b.target is aten.t.default else None
    if weight is None:
        weight = traced.call(node, aten.t.default, (b,), Layout(known.shape[::-1], known.stride[::-1], known.dtype))
    rows, columns = layout(node).shape
    plain = Layout((rows, columns), (columns, 1), known.dtype)
    args = (a, weight, bias, "relu" if relu else "none", [], "")
    traced.replace(node, traced.call(node, torch.ops.mkldnn._linear_pointwise.default, args, plain))
