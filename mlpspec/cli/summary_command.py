"""`mlpspec summary`."""

from __future__ import annotations

import click

from mlpspec.cli.command import command, outside_option, setting_option
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned


@command("summary", examples="mlpspec summary specs/penguins.yaml\nmlpspec summary specs/penguins.yaml --no-data")
@click.argument("spec")
@click.option("--no-data", is_flag=True, help="Do not read the data; sizes that only it can tell are shown by name.")
@setting_option
@outside_option
def main(output: Output, spec: str, no_data: bool, settings: tuple[str, ...], allow_outside: bool) -> None:
    """The layers of a spec with their shapes, parameters and cost. Needs no torch."""
    from mlpspec.compiler import build_graph, load
    from mlpspec.ir.costs import row_flops, training_bytes, weight_bytes
    from mlpspec.ir.facts import Facts

    document = load(spec, settings=settings, allow_outside=allow_outside)
    output.warnings(document.warnings)
    facts = Facts() if no_data else _facts(document, output)
    graph = build_graph(document, facts)
    rows = [[value.name, "input", "", str(value.shape), "", ""] for value in graph.inputs] + [
        [node.name, node.operation.kind, ", ".join(node.sources), str(node.shape), _count(node.parameters), _count(row_flops(node))]
        for node in graph.nodes
    ]
    batch_sizes = [stage.rows for stage in document.spec.training.batch_size.stages()]
    memory = training_bytes(graph, max(batch_sizes)) if batch_sizes else None
    total = (
        f"{_count(graph.parameters)} parameters, {_size(weight_bytes(graph))} of weights, about {_size(memory)} in training beside the data"
    )
    table = aligned(["name", "layer", "reads", "output", "parameters", "flops/row"], rows, numeric_from=4)
    data = {
        "name": graph.name,
        "inputs": [{"name": v.name, "shape": list(v.shape.dims), "dtype": v.dtype} for v in graph.inputs],
        "layers": [
            {
                "name": n.name, "kind": n.operation.kind, "from": list(n.sources), "shape": list(n.shape.dims) if n.shape else None,
                "parameters": n.parameters, "flops_per_row": row_flops(n),
            }
            for n in graph.nodes
        ],
        "parameters": graph.parameters,
        "weight_bytes": weight_bytes(graph),
        "training_bytes": memory,
    }  # fmt: skip
    output.result(f"{table}\n\n{total}", data)


def _facts(document, output: Output):  # noqa: ANN001, ANN202  # Document and Facts, imported only when the command runs
    """What the data tells, where there is data."""
    from mlpspec.data.load import load_data_of
    from mlpspec.ir.facts import Facts

    spec = document.spec
    if spec.data.path is None and spec.data.train is None:
        output.note("the spec names no data; sizes that only it can tell are shown by name")
        return Facts()
    dataset = load_data_of(document)
    output.warnings(dataset.warnings)
    return dataset.preprocessing.facts


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _size(number: int | None) -> str:
    if number is None:
        return "?"
    value, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.3g} {unit}"
