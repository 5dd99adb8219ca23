"""`mlpspec export --ensemble`: from the folds of a cross-validation to one proved file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

from mlpspec.atomic import write_atomically
from mlpspec.data.operators import run_program
from mlpspec.exporting.assemble import assemble, model_card, network_core
from mlpspec.exporting.ensemble.averaging import member_value
from mlpspec.exporting.ensemble.join import join
from mlpspec.exporting.ensemble.members import Ensemble, load_ensemble
from mlpspec.exporting.export import ExportResult, sealed
from mlpspec.exporting.proof_rows import edge_rows
from mlpspec.exporting.public_paths import public_paths
from mlpspec.exporting.ties import with_grounds
from mlpspec.exporting.trained import Rows, Trained, trained
from mlpspec.exporting.verify import prove_against
from mlpspec.language.sections.export import Export
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.run_folder import RunFolder


def export_ensemble(
    run: RunFolder, output: Path | None = None, *, settings: Sequence[str] = (), frame: Any = None, allow_outside: bool = False
) -> ExportResult:
    """Write all folds of a cross-validation as one self-contained ONNX file, after proving it.

    Every fold has its preprocessing and its network inside. Probabilities, values and the ends of intervals are the means of the folds',
    and labels follow from the mean probabilities. The proof compares the file with the mean of the trained pipelines.

    Args:
        run: the run folder of the cross-validation; the best weights of each fold are used.
        output: where the file goes; by default `model.onnx` in the run folder.
        settings: options of the `export:` section instead of the spec's.
        frame: the rows, when the folds were trained on rows from memory; needed to calibrate.
        allow_outside: whether the data may lie outside the spec's folder and the current one, when it is read to calibrate.

    Raises:
        UsageError: when it is no finished cross-validation, or an ensemble cannot give what the section asks for.
        CheckError: when the file differs from the mean of the trained pipelines; no file is left.
        DataError: when the data is needed and cannot be read or has changed.
        ModelFileError: when a fold is damaged.
        MachineError: when the file cannot be written.
    """
    ensemble = load_ensemble(run, settings, frame=frame, allow_outside=allow_outside)
    options, preprocessing = ensemble.document.spec.export, ensemble.preprocessing
    rows = _proof_rows(ensemble)
    path = output or run.path / "model.onnx"
    with write_atomically(path) as file:  # which looks at the place before the work begins
        card = model_card(ensemble.document.spec.name, preprocessing, options)
        paths = public_paths(ensemble.document.spec.data)
        metadata = {"mlpspec.spec": resolved_spec(ensemble.document, other_names=paths), "mlpspec.model": card}
        model = join(_models(ensemble, options), ensemble.document.spec.name, preprocessing, options, metadata)
        edges = edge_rows(preprocessing, rows)
        proof = prove_against(model, ensemble_answers(ensemble), preprocessing, rows, edges, explain=_explain).to_json()
        data = sealed(model, _info(run, ensemble), proof, paths)
        file.write(data)
    run.write_json("proof.json", proof)
    return ExportResult(path, len(data), hashlib.sha256(data).hexdigest(), len(model.graph.node), proof)


def ensemble_answers(ensemble: Ensemble) -> Callable[[Rows], Trained]:
    """What the trained pipelines answer together: a function from raw rows to the answers, and to what labels are decided by.

    A mean may be off by the mean of what its numbers may.
    """

    def answers(rows: Rows) -> Trained:
        found = [trained(member.module, member.graph, member.preprocessing, rows) for member in ensemble.members]
        said = {member_value(name, number): value for number, one in enumerate(found) for name, value in one.answers.items()}
        decoded: dict[str, np.ndarray] = {}
        for target in ensemble.preprocessing.targets.values():
            decode = with_grounds(target.decode)
            decoded.update(run_program(decode, {name: said[name] for name in decode.inputs}))
        return Trained(decoded, {name: np.mean([one.allowed[name] for one in found], axis=0) for name in found[0].allowed})

    return answers


def _models(ensemble: Ensemble, options: Export) -> list[ModelProto]:
    """The model of each fold, up to the numbers that are averaged."""
    everything = replace(options, outputs=("probability",))
    return [
        assemble(
            network_core(member.module, member.graph, member.preprocessing, everything),
            member.graph,
            member.preprocessing,
            everything,
            {},
        )
        for member in ensemble.members
    ]


def _proof_rows(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Raw rows that the folds kept for their proofs, some of each."""
    kept = [member.run.proof_rows() for member in ensemble.members]
    most = max(1, 1000 // len(kept))
    return {name: np.concatenate([rows[name][:most] for rows in kept]) for name in kept[0]}


def _info(run: RunFolder, ensemble: Ensemble) -> dict[str, Any]:
    """What the file says about its training."""
    info, folds = run.info(), [member.run.info() for member in ensemble.members]
    held_out = {name: spread["mean"] for name, spread in info["figures"]["test"].items()}
    return {
        **info,
        "parameters": sum(fold["parameters"] for fold in folds),
        "figures": {"held out (mean of the folds)": held_out},
    }


def _explain(_rows: Mapping[str, np.ndarray]) -> str:
    return "export the folds one by one: the proof of a fold names the layer at fault"
