"""The folds of a cross-validation, read again to be exported together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from torch import nn

from mlpspec.data.dataset import Part
from mlpspec.diagnostics import Diagnostic, UsageError
from mlpspec.exporting.answering import as_asked
from mlpspec.exporting.ensemble.averaging import ensemble_target, member_target
from mlpspec.exporting.settings import with_settings
from mlpspec.ir.fitted import FittedInput, Preprocessing
from mlpspec.ir.graph import Graph
from mlpspec.ir.program import Step
from mlpspec.language.document import Document
from mlpspec.training.folds.fold import fold_folder
from mlpspec.training.run_document import load_run_document, load_run_module, read_run_document
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.run_parts import run_parts


@dataclass(frozen=True)
class Member:
    """One fold: its run, its network with the best weights, and its preprocessing, whose targets answer what has a mean."""

    run: RunFolder
    module: nn.Module
    graph: Graph
    preprocessing: Preprocessing
    whole: Preprocessing


@dataclass(frozen=True)
class Ensemble:
    """All folds of a cross-validation.

    `preprocessing` is what a caller must know of all of them: inputs with the categories that any fold knows, targets that decode the
    members' answers.
    """

    document: Document
    members: Sequence[Member]
    preprocessing: Preprocessing


def load_ensemble(run: RunFolder, settings: Sequence[str], *, frame: Any = None, allow_outside: bool = False) -> Ensemble:
    """The folds of a finished cross-validation.

    Args:
        settings: options of the `export:` section instead of the spec's.
        frame: the rows, when the folds were trained on rows from memory; needed to calibrate.
        allow_outside: whether the data may lie outside the spec's folder and the current one.

    Raises:
        UsageError: when the folder is no finished cross-validation, its folds answer different things, or the section asks for what an
            ensemble does not give.
        ModelFileError: when a fold is damaged.
    """
    info = run.info()
    if info.get("kind") != "folds":
        raise UsageError(f"{run.path} is one run; an ensemble is made of the folds of a cross-validation", help="leave --ensemble out")
    if info.get("status") != "finished":
        raise UsageError(f"the cross-validation {run.path} is not finished", help=f"go on with `mlpspec train SPEC --resume {run.path}`")
    document = with_settings(read_run_document(run), settings)
    options = document.spec.export
    if options.precision != "fp32" or options.uncertainty is not None:
        asked = f"precision {options.precision}" if options.precision != "fp32" else "uncertainty"
        raise UsageError(f"an ensemble is written at fp32 and without uncertainty, and the export asks for {asked}", help=_NAME_A_FOLD)
    members = [_member(fold_folder(run.path, number), settings, frame, allow_outside) for number in range(1, info["folds"] + 1)]
    _refuse_differences(members)
    first = members[0].whole
    inputs = {name: _known_to_any([member.whole.inputs[name] for member in members]) for name in first.inputs}
    targets = {name: ensemble_target(target, len(members)) for name, target in first.targets.items()}
    return Ensemble(document, members, Preprocessing(inputs, targets, first.missing_tokens))


def _member(run: RunFolder, settings: Sequence[str], frame: Any, allow_outside: bool) -> Member:
    trained = load_run_document(run)
    document = with_settings(trained, settings)
    if document.spec.export.calibrate is not None:
        trained = load_run_document(run, reads_data=frame is None, allow_outside=allow_outside)
    preprocessing = run.preprocessing()
    graph, module = load_run_module(run, trained, preprocessing)

    @cache
    def parts() -> Mapping[str, Part]:
        return run_parts(run, trained, frame=frame, otherwise="export without `calibrate`")

    made = as_asked(module, graph, preprocessing, document.spec, parts)
    targets = {name: member_target(target) for name, target in made.preprocessing.targets.items()}
    return Member(run, made.module, graph, replace(made.preprocessing, targets=targets), made.preprocessing)


_NAME_A_FOLD = "leave that out, or export one of the folds"


def _refuse_differences(members: Sequence[Member]) -> None:
    """See that all folds read the same columns and answer the same things."""
    problems: list[Diagnostic] = []
    first = members[0].whole
    for member in members[1:]:
        for name, target in member.whole.targets.items():
            known = first.targets[name]
            if target.classes != known.classes:
                different = set(map(str, target.classes or ())) ^ set(map(str, known.classes or ()))
                shown = ", ".join(f"`{label}`" for label in sorted(different)[:3]) or "their order"
                message = f"folds {members[0].run.path.name} and {member.run.path.name} know different classes of `{name}`: {shown}"
                help = "stratify the folds by it, or write the classes into the spec, and train again"
                problems.append(Diagnostic("invalid-run", message, help=help))
            elif (target.columns, target.type) != (known.columns, known.type):
                problems.append(Diagnostic("invalid-run", f"the folds read `{name}` from different columns", help="train again"))
        for name, item in member.whole.inputs.items():
            known = first.inputs[name]
            if (item.columns, item.type, item.shape) != (known.columns, known.type, known.shape):
                problems.append(Diagnostic("invalid-run", f"the folds read `{name}` differently", help="train again"))
    if problems:
        raise UsageError(dict.fromkeys(problems))


def _known_to_any(items: Sequence[FittedInput]) -> FittedInput:
    """An input as a caller must know it: its vocabularies have the categories of every fold."""
    lookups = [{step.output: step for step in item.program.steps if step.op == "lookup"} for item in items]

    def widened(step: Step) -> Step:
        if step.op != "lookup":
            return step
        keys = list(dict.fromkeys(key for known in lookups if step.output in known for key in known[step.output].constants["keys"]))
        return replace(step, constants={**step.constants, "keys": keys, "values": list(range(1, len(keys) + 1))})

    program = items[0].program
    return replace(items[0], program=replace(program, steps=tuple(map(widened, program.steps))))
