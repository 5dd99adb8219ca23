"""What each fold's model says about the rows that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlpspec.catalog.metrics.base import Answers
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sharing import SharedData
from mlpspec.diagnostics import DataError
from mlpspec.ir.fitted import Answer, FittedTarget
from mlpspec.language.document import Document
from mlpspec.report import TargetAnswers
from mlpspec.training.folds.fold import HELD_OUT, FoldResult, fold_document
from mlpspec.training.run_document import load_run_module


@dataclass(frozen=True)
class HeldOut:
    """One fold's answers to its held-out rows.

    `rows` are their numbers in the data, (rows,). By target: the truth as the data has it, (rows, columns); `said`, what the model file
    would say, by the name of the answer; `compared`, what metrics compare.
    """

    fold: int
    rows: np.ndarray
    targets: Mapping[str, FittedTarget]
    truth: Mapping[str, np.ndarray]
    said: Mapping[str, Mapping[str, np.ndarray]]
    compared: Mapping[str, Answers]


def held_out(document: Document, result: FoldResult, data: SharedData) -> HeldOut:
    """Let the best weights of a fold answer its held-out rows, on the CPU.

    Raises:
        DataError: when the data is not what the fold was trained on.
        ModelFileError: when the fold's run is damaged.
    """
    import torch

    from mlpspec.training.evaluation import answers_of, network_outputs
    from mlpspec.training.stored_tensors import tensors_of

    one = fold_document(document, result.number)
    dataset, preprocessing = data.dataset(one), result.folder.preprocessing()
    if dataset.preprocessing != preprocessing:
        raise DataError(f"the data has changed since fold {result.number} was trained", help="restore the data, or train anew")
    part = dataset.parts[HELD_OUT]
    _, module = load_run_module(result.folder, one, preprocessing)
    tensors = tensors_of(part, torch.device("cpu"))
    reader = ColumnReader(part.table, part.index)
    truth: dict[str, np.ndarray] = {}
    said: dict[str, dict[str, np.ndarray]] = {}
    compared: dict[str, Answers] = {}
    for name, output in network_outputs(module, tensors).items():
        item = preprocessing.targets[name]
        raw = reader.raw(item)
        assert raw is not None  # the part was encoded from these columns
        truth[name] = raw
        said[name] = run_program(item.decode, {item.decode.inputs[0]: output.numpy()})
        compared[name] = answers_of(item, output.numpy(), part.targets[name])
    return HeldOut(result.number, part.index, preprocessing.targets, truth, said, compared)


def answer_columns(answer: Answer, values: np.ndarray) -> dict[str, np.ndarray]:
    """An answer as columns of one value a row, named as `mlpspec predict` names them."""
    if answer.columns is None:
        return {answer.name: values}
    names = map(str, answer.columns)
    return {name if name.startswith(f"{answer.name}_") else f"{answer.name}_{name}": values[:, place] for place, name in enumerate(names)}


def together(found: Sequence[HeldOut]) -> dict[str, TargetAnswers]:
    """The answers of all folds by target, one behind the other. Folds may know other classes: all get the numbers that the union has."""
    return {name: _together([fold.targets[name] for fold in found], [fold.compared[name] for fold in found]) for name in found[0].targets}


def _together(targets: Sequence[FittedTarget], answers: Sequence[Answers]) -> TargetAnswers:
    classes = None if targets[0].classes is None else list(dict.fromkeys(label for target in targets for label in target.classes or ()))
    if classes is not None:
        answers = [_renumbered(one, target, classes) for one, target in zip(answers, targets, strict=True)]
    probabilities = [one.probability for one in answers if one.probability is not None]
    whole = Answers(
        np.concatenate([one.truth for one in answers]),
        np.concatenate([one.prediction for one in answers]),
        np.concatenate(probabilities) if probabilities else None,
        answers[0].binary,
    )
    return TargetAnswers(whole, None if classes is None else [str(label) for label in classes], targets[0].columns)


def _renumbered(answers: Answers, target: FittedTarget, classes: Sequence[str | int]) -> Answers:
    """The answers with the numbers that their classes have in `classes`; a class that the fold does not know has the probability 0."""
    if list(target.classes or ()) == list(classes):
        return answers
    places = np.array([classes.index(label) for label in target.classes or ()])

    def spread(values: np.ndarray) -> np.ndarray:
        wide = np.zeros((len(values), len(classes)), values.dtype)
        wide[:, places] = values
        return wide

    probability = None if answers.probability is None else spread(answers.probability)
    if answers.truth.ndim == 2:  # labels: a column each
        return Answers(spread(answers.truth), spread(answers.prediction), probability, answers.binary)
    return Answers(places[answers.truth], places[answers.prediction], probability, answers.binary)
