"""`mlpspec export`: from a run folder to a proved file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.run_folder import RunFolder


@dataclass(frozen=True)
class ExportResult:
    """The file, its size in bytes, its SHA-256, how many nodes it has, and the proof's figures."""

    path: Path
    bytes: int
    sha256: str
    nodes: int
    proof: Mapping[str, Any]


def export(run: RunFolder, output: Path | None = None) -> ExportResult:
    """Write the model of a run as one self-contained ONNX file, after proving it.

    Args:
        run: the run folder; its best weights are used.
        output: where the file goes; by default `model.onnx` in the run folder.

    Raises:
        CheckError: when the model differs from the trained pipeline; no file is left.
        ModelFileError: when the run is incomplete or damaged.
        MachineError: when the file cannot be written.
    """
    document = load_run_document(run)
    preprocessing = run.preprocessing()
    info = run.info()
    rows = run.proof_rows()

    from mlpspec.atomic import write_atomically
    from mlpspec.exporting.assemble import assemble, model_card
    from mlpspec.exporting.proof_rows import edge_rows
    from mlpspec.exporting.verify import prove

    graph, module = load_run_module(run, document, preprocessing)
    options = document.spec.export
    metadata = {
        "mlpspec.spec": run.resolved_spec(),
        "mlpspec.model": model_card(document.spec.name, preprocessing, options),
    }
    path = output or run.path / "model.onnx"
    with write_atomically(path) as file:  # which looks at the place before the work begins
        model = assemble(module, graph, preprocessing, options, metadata)
        proof = prove(model, module, graph, preprocessing, rows, edge_rows(preprocessing, rows)).to_json()
        _add_metadata(model, "mlpspec.run", _run_card(info, proof))
        data = model.SerializeToString(deterministic=True)
        file.write(data)
    run.write_json("proof.json", proof)
    return ExportResult(path, len(data), hashlib.sha256(data).hexdigest(), len(model.graph.node), proof)


def _run_card(info: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    """What the file says about its training: no path of the machine it was made on."""
    kept = {key: info[key] for key in ("started", "seed", "rows", "data", "parameters", "versions", "figures", "best_epoch") if key in info}
    return json.dumps({**kept, "proof": proof}, ensure_ascii=False)


def _add_metadata(model: Any, key: str, value: str) -> None:
    entry = model.metadata_props.add()
    entry.key, entry.value = key, value
