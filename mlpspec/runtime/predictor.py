"""A model file, ready to answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlpspec.diagnostics import MachineError, MlpspecError, ModelFileError
from mlpspec.runtime.card import ModelCard, read_card
from mlpspec.runtime.device import CudaOptions, Device, DeviceChoice, Graphs
from mlpspec.runtime.model_file import model_from_bytes, read_model_file
from mlpspec.runtime.opening import open_engine
from mlpspec.runtime.refusals import CUDA_REPORTS, is_short_of_memory, plain_reason
from mlpspec.runtime.session import NUMPY_TYPES


class Predictor:
    """Answers rows with an exported model. May be used from several threads at once; needs no closing.

        predictor = Predictor("penguins.onnx")
        answers = predictor.predict({"bill_length_mm": [39.1, 46.5], "island": ["Torgersen", "Biscoe"]})
        answers["species"]              # array(['Adelie', 'Gentoo'], dtype=object)
        answers["species_probability"]  # (2, 3) float32, in the order of predictor.classes["species"]

    Args:
        model: the path of the model file, or its bytes.
        device: `cuda` or `cuda:N` (works or fails), `cpu`, or `auto`: CUDA where it works, else the CPU; `device.reason` says why.
        threads: CPU threads that calculate; one a core by default.
        tf32: let a GPU round the factors of matrix products to 10 bits: faster, and about 1e-3 away from the CPU's answers.
        memory_limit: bytes of GPU memory that the model may take; no limit by default.
        cuda_graph: repeat small batches on a GPU as CUDA graphs: `auto` where it can be done, `on` (works or fails), or `off`.

    Attributes:
        card: what the model reads and answers.
        device: the device in use, and why.
        engine: what calculates.
        classes: the classes of each target that has some, in the order of the probabilities.

    Raises:
        UsageError: when the file does not exist, or the device is none.
        ModelFileError: when the file is no model that mlpspec exported, or is damaged.
        MachineError: when CUDA is asked for and cannot be used.
    """

    card: ModelCard
    device: DeviceChoice

    def __init__(
        self,
        model: str | os.PathLike[str] | bytes,
        device: str = "auto",
        *,
        threads: int | None = None,
        tf32: bool = False,
        memory_limit: int | None = None,
        cuda_graph: Graphs = "auto",
    ):
        wanted = Device.parse(device)
        options = CudaOptions(tf32=tf32, memory_limit=memory_limit, cuda_graph=cuda_graph)
        file = model_from_bytes(model) if isinstance(model, bytes) else read_model_file(model)
        self.engine = open_engine(file, wanted, options, threads=threads)
        facts, self.device = self.engine.facts, self.engine.device
        self.card = read_card(facts.metadata, facts.inputs, facts.outputs, place=file.name)
        self.classes = {target.name: target.classes for target in self.card.targets if target.classes is not None}
        self._run = self.engine.run
        self._is_limited = memory_limit is not None
        self._outputs = facts.outputs
        self._names = [output.name for output in facts.outputs]

    def predict(self, data: Any) -> dict[str, np.ndarray]:
        """The answers for data in memory.

        Args:
            data: a table of pandas, polars or pyarrow, a dict of columns, one row as a dict of values, a list of such rows, or ready
                arrays by input; see `rows.read_rows`. No rows give no answers.

        Returns:
            For each output of the model its array: `<target>` (batch,), or (batch, columns) for several numbers; `<target>_probability`
            (batch, classes).

        Raises:
            DataError: listing all that is wrong with the data.
            UsageError: when it is no such data.
            ModelFileError: when the model fails on sound data.
            MachineError: when the rows need more memory than there is.
        """
        from mlpspec.runtime.rows import read_rows  # ready arrays need none of this, and it takes time to import

        return self._answer(read_rows(data, self.card))

    def run(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The answers for the model's raw inputs, as quickly as ONNX Runtime gives them.

        Args:
            arrays: for each input its array, of the very type and shape that the model takes: (batch, columns) float32, int64 or objects
                that are all str. Nothing is looked at before: a missing text must be "", a missing number NaN. Only what ONNX Runtime
                refuses is converted (float64, lists of texts) and tried again.

        Raises:
            DataError: when the arrays do not fit.
            ModelFileError, MachineError: as `predict`.
        """
        try:
            return dict(zip(self._names, self._run(self._names, arrays), strict=True))
        except Exception:  # ONNX Runtime's errors have no common base; what is wrong is found out from the arrays
            return self._answer(self._checked(arrays))

    def _checked(self, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The arrays as the model takes them."""
        from mlpspec.diagnostics.faults import Faults  # as in `predict`
        from mlpspec.runtime.inputs import InputReader, unequal_rows
        from mlpspec.runtime.rows import row_place

        faults = Faults()
        known = {item.name for item in self.card.inputs}
        for name in arrays:
            if name not in known:
                faults.add("invalid-data", f"the model has no input `{name}`", help=f"its inputs are {', '.join(known)}")
        for item in self.card.inputs:
            if item.name not in arrays:
                faults.add("invalid-data", f"the input `{item.name}` is missing")
        faults.raise_if_any()
        reader = InputReader(self.card, faults, row_place)
        fitting = {item.name: reader.ready(item, np.asarray(arrays[item.name])) for item in self.card.inputs}
        faults.raise_if_any()
        unequal_rows(fitting, faults)
        faults.raise_if_any()
        return fitting

    def _answer(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if not len(next(iter(arrays.values()))):
            return self.no_answers()
        try:
            return dict(zip(self._names, self._run(self._names, arrays), strict=True))
        except Exception as error:  # as in `run`
            raise self._failure(error, len(next(iter(arrays.values())))) from error

    def _failure(self, error: Exception, rows: int) -> MlpspecError:
        """What it means that the model failed on rows that have been checked."""
        reason = plain_reason(error)
        if is_short_of_memory(reason):
            where = " on the GPU" if self.device.is_cuda else ""
            help = "predict fewer rows at once, or raise the memory limit" if self._is_limited else "predict fewer rows at once"
            return MachineError(f"{rows:,} rows at once need more memory than there is{where}", help=help)
        if self.device.is_cuda and reason.startswith(CUDA_REPORTS):
            return MachineError(f"the GPU fails: {reason}", help="start the program again; `mlpspec doctor` tells more")
        message = f"the model fails on rows that are as it wants them: {reason}"
        return ModelFileError(message, help="the file may be damaged: export the model again")

    def no_answers(self) -> dict[str, np.ndarray]:
        """The answers for no rows."""
        return {
            output.name: np.empty((0, *(size if isinstance(size, int) else 0 for size in output.shape[1:])), NUMPY_TYPES[output.type])
            for output in self._outputs
        }
