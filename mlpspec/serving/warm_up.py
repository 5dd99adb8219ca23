"""The first request should not pay for what only the first one needs."""

from __future__ import annotations

from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.synthetic import synthetic_rows
from mlpspec.serving.json_text import parse_object, plain, to_json
from mlpspec.serving.row_answers import read_row_objects, row_answers


def warm_up(predictor: Predictor, max_batch: int) -> None:
    """Answer a made-up row as a request's, and a full batch: late imports, memory for the largest batch, a GPU's kernels.

    Raises:
        MachineError: when a full batch needs more memory than there is.
    """
    card = predictor.card
    row = {}
    for item in card.inputs:
        values = plain(synthetic_rows(card, 1)[item.name])[0]
        row |= {item.columns[0]: values} if item.shape is not None else dict(zip(item.columns, values, strict=True))
    arrays, _ = read_row_objects(parse_object(to_json({"rows": [row]})), card)
    row_answers(card, predictor.run(arrays))
    predictor.run(synthetic_rows(card, max_batch))
