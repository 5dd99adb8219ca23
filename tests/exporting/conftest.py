"""Models exported without training: random weights are as good as trained ones where only the way to the file is looked at."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@dataclass
class Exported:
    """A model file's content, what it was made of, and a session on it. `asked` is what `export:` made of the network."""

    model: Any
    module: Any
    graph: Any
    preprocessing: Any
    rows: dict[str, np.ndarray]
    edges: dict[str, np.ndarray]
    asked: Any

    def prove(self, model: Any = None) -> Any:
        from mlpspec.exporting.verify import prove

        return prove(model or self.model, self.module, self.graph, self.preprocessing, self.rows, self.edges)

    def run(self, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What ONNX Runtime makes of raw rows."""
        import onnxruntime as ort

        session = ort.InferenceSession(self.model.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, map(np.asarray, session.run(names, rows)), strict=True))

    def expect(self, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the trained pipeline makes of them."""
        from mlpspec.exporting.trained import trained_answers

        return trained_answers(self.module, self.graph, self.preprocessing, rows)


def _export(text: str, frame: dict[str, Any], *, seed: int = 0) -> Exported:
    import torch

    from mlpspec.compiler import build_graph, loads
    from mlpspec.data.column import raw_inputs
    from mlpspec.data.load import load_dataset
    from mlpspec.exporting.answering import as_asked
    from mlpspec.exporting.assemble import assemble, model_card, network_core
    from mlpspec.exporting.proof_rows import edge_rows
    from mlpspec.pytorch.module import build_module

    document = loads(text)
    spec = document.spec
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=Path(), seed=spec.seed, frame=frame)
    graph = build_graph(document, data.preprocessing.facts)
    torch.manual_seed(seed)
    module = build_module(graph)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5 if "running_var" in name else torch.randn_like(value) / 2)
    part = data.parts["validation"]
    rows = raw_inputs(data.preprocessing, part.table, part.index)
    asked = as_asked(module, graph, data.preprocessing, spec, lambda: {"validation": _answered_by_chance(part, module, data.preprocessing)})
    metadata = {"mlpspec.spec": text, "mlpspec.model": model_card(spec.name, asked.preprocessing, spec.export, samples=asked.samples)}
    core = network_core(asked.module, graph, asked.preprocessing, spec.export)
    model = assemble(core, graph, asked.preprocessing, spec.export, metadata)
    return Exported(model, asked.module, graph, asked.preprocessing, rows, edge_rows(data.preprocessing, rows), asked)


def _answered_by_chance(part: Any, module: Any, preprocessing: Any) -> Any:
    """The rows with a truth that the network half knows: classes drawn from its probabilities."""
    import torch

    from mlpspec.data.operators import run_program

    random = np.random.default_rng(3)
    with torch.inference_mode():
        outputs = module.eval()(*(torch.from_numpy(np.ascontiguousarray(array)) for array in part.inputs.values()))
    targets = dict(part.targets)
    for name, target in preprocessing.targets.items():
        if target.classes is not None:
            decode = target.decode
            said = run_program(replace(decode, outputs=(f"{name}_probability",)), {decode.inputs[0]: outputs[name].numpy()})
            probability = said[f"{name}_probability"]
            if targets[name].ndim == 1:
                targets[name] = (random.random((part.rows, 1)) > probability.cumsum(axis=1)[:, :-1]).sum(axis=1)
            else:
                chance = random.random(targets[name].shape)
                targets[name] = (chance < probability[:, -targets[name].shape[1] :]).astype(np.float32)
    return replace(part, targets=targets)


@pytest.fixture(scope="session", autouse=True)
def operators_read_once():
    """PyTorch's exporter parses the source of all its 500 operators again for every model: half of the time of a small one."""
    from torch.onnx._internal._lazy_import import onnxscript_apis as library

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "get_torchlib_ops", functools.cache(library.get_torchlib_ops))
        yield


@pytest.fixture(scope="session")
def export_untrained():
    """A function from a spec's text and rows in memory to its model file."""
    return _export


RANDOM = np.random.default_rng(4)
ROWS = 200


def _holes(values: np.ndarray) -> np.ndarray:
    return np.where(RANDOM.random(len(values)) < 0.15, np.nan, values)


@pytest.fixture(scope="session")
def frame() -> dict[str, Any]:
    """200 rows with a column for everything."""
    colour = RANDOM.choice(["red", "green", "blue", "é\u2060 b"], ROWS).astype(object)
    size = RANDOM.choice(["S", "M", ""], ROWS, p=[0.5, 0.4, 0.1]).astype(object)
    return {
        "a": RANDOM.normal(100, 20, ROWS),
        "b": RANDOM.lognormal(0, 2, ROWS),
        "c": _holes(RANDOM.normal(-5, 0.01, ROWS)),
        "d": _holes(RANDOM.standard_t(2, ROWS)),
        "same": np.full(ROWS, 3.0),
        "colour": colour,
        "size": size,
        "code": RANDOM.choice([3, -7, 10**12], ROWS),
        "grade": RANDOM.integers(0, 5, ROWS),
        "image": RANDOM.normal(0, 50, (ROWS, 2, 3)),
        "kind": np.where(colour == "red", "x", np.where(size == "S", "y", "z")).astype(object),
        "level": RANDOM.integers(1, 4, ROWS) * 10,
        "yes": RANDOM.choice(["no", "yes"], ROWS).astype(object),
        "one": RANDOM.integers(0, 2, ROWS),
        "price": RANDOM.normal(1e4, 2e3, ROWS),
        "weight": RANDOM.lognormal(0, 1, ROWS),
    }
