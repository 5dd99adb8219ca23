"""`mlpspec export`: from a run folder to a proved file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpspec.compiler import build_graph
from mlpspec.exporting.public_paths import public_paths
from mlpspec.exporting.settings import with_settings
from mlpspec.language.sections.export import Precision
from mlpspec.seal import ANNOUNCEMENT, KIND, seal
from mlpspec.training.resolved_spec import resolved_spec
from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.run_parts import run_parts

if TYPE_CHECKING:
    from onnx import ModelProto

    from mlpspec.data.dataset import Part


@dataclass(frozen=True)
class ExportResult:
    """The file, its size in bytes, its SHA-256, how many nodes it has, and the proof's figures."""

    path: Path
    bytes: int
    sha256: str
    nodes: int
    proof: Mapping[str, Any]


def export(
    run: RunFolder, output: Path | None = None, *, settings: Sequence[str] = (), frame: Any = None, allow_outside: bool = False
) -> ExportResult:
    """Write the model of a run as one self-contained ONNX file, after proving it.

    The network is made to answer as the section asks (`uncertainty`, and `calibrate`, which fits temperatures to the validation rows), and
    the float32 model of it is proved against the trained pipeline. At another precision the network is then converted, and its figures on
    the validation rows (on the training rows where there are none) may be worse by `export.max_metric_drop` at most. The run's data is read
    again for a temperature and for a precision.

    Args:
        run: the run folder; its best weights are used.
        output: where the file goes; by default `model.onnx` in the run folder.
        settings: options of the `export:` section instead of the spec's, such as `export.precision=int8`.
        frame: the rows, when the run was trained on rows from memory; needed to calibrate, and for precisions other than fp32.
        allow_outside: whether the run's data may lie outside its spec's folder and the current one.

    Raises:
        CheckError: when the model differs from the trained pipeline, or loses too much at its precision; no file is left.
        DataError: when the run's data is needed and cannot be read or has changed, or no temperature is best.
        ModelFileError: when the run is incomplete or damaged.
        MachineError: when the file cannot be written.
        SpecError: when a setting does not fit the section, or asks for what the network does not give.
        UsageError: when a setting belongs to another section.
    """
    trained = load_run_document(run)
    document = with_settings(trained, settings)
    options = document.spec.export
    if options.precision != "fp32" or options.calibrate is not None:
        trained = load_run_document(run, reads_data=frame is None, allow_outside=allow_outside)
    preprocessing = run.preprocessing()
    info = run.info()
    rows = run.proof_rows()

    from mlpspec.atomic import write_atomically
    from mlpspec.exporting.answering import as_asked
    from mlpspec.exporting.assemble import assemble, model_card, network_core
    from mlpspec.exporting.proof_rows import edge_rows
    from mlpspec.exporting.verify import prove

    graph, module = load_run_module(run, trained, preprocessing)
    build_graph(document, preprocessing.facts)  # raises where the settings ask for what a network of these sizes does not give
    edges = edge_rows(preprocessing, rows)
    paths = public_paths(document.spec.data)

    @cache
    def parts() -> Mapping[str, Part]:
        return run_parts(run, trained, frame=frame, otherwise="export at fp32 and without `calibrate`")

    path = output or run.path / "model.onnx"
    with write_atomically(path) as file:  # which looks at the place before the work begins
        asked = as_asked(module, graph, preprocessing, document.spec, parts)
        module, preprocessing = asked.module, asked.preprocessing

        def join(network: ModelProto, precision: Precision) -> ModelProto:
            card = model_card(document.spec.name, preprocessing, replace(options, precision=precision), samples=asked.samples)
            metadata = {"mlpspec.spec": resolved_spec(document, other_names=paths), "mlpspec.model": card}
            return assemble(network, graph, preprocessing, options, metadata)

        core = network_core(module, graph, preprocessing, options)
        model = join(core, "fp32")
        proof = {**prove(model, module, graph, preprocessing, rows, edges).to_json(), **asked.to_json()}
        data = sealed(model, info, proof, paths)
        if options.precision != "fp32":
            from mlpspec.exporting.precision.lower import Trained, lower, report

            judged = Trained(module, graph, preprocessing, document.spec, parts())
            ordinary = edge_rows(preprocessing, rows, extremes=False)
            lowered = lower(model, core, partial(join, precision=options.precision), judged, options, rows, ordinary)
            model, plain = lowered.model, data
            data = sealed(model, info, {**proof, "precision": lowered.to_card()}, paths)
            proof["precision"] = report(lowered, {"fp32": plain, options.precision: data}, rows)
        file.write(data)
    run.write_json("proof.json", proof)
    return ExportResult(path, len(data), hashlib.sha256(data).hexdigest(), len(model.graph.node), proof)


def sealed(model: ModelProto, info: Mapping[str, Any], proof: Mapping[str, Any], paths: Mapping[str, str]) -> bytes:
    """The file's content, once the model says what was proved of it. `paths` are other names for those of the data."""
    for key, value in ((ANNOUNCEMENT, KIND), ("mlpspec.run", _run_card(info, proof, paths))):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return seal(model.SerializeToString(deterministic=True))


_KEPT = ("started", "seed", "rows", "data", "folds", "parameters", "versions", "figures", "best_epoch")
"""What of run.json the file says."""


def _run_card(info: Mapping[str, Any], proof: Mapping[str, Any], paths: Mapping[str, str]) -> str:
    """What the file says about its training: no path of the machine it was made on."""
    kept = {key: info[key] for key in _KEPT if key in info}
    if "data" in kept:
        kept["data"] = {paths.get(path, path): hash for path, hash in kept["data"].items()}
    return json.dumps({**kept, "proof": proof}, ensure_ascii=False)
