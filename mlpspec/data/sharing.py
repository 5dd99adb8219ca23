"""The data of several specs that differ little, such as the folds or the trials of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlpspec.data.dataset import Dataset
from mlpspec.data.fit import encoded_alike
from mlpspec.data.load import load_data_of
from mlpspec.data.opened import Opened, open_data
from mlpspec.language.document import Document
from mlpspec.language.sections.data import Split


class SharedData:
    """Reads files once for all specs that read the same ones, and encodes once for those that also divide and encode them alike.

    Only what was asked for last is kept.
    """

    def __init__(self, frame: Any = None):
        self.frame = frame
        self._opened: tuple[object, Opened] | None = None
        self._dataset: tuple[object, Dataset] | None = None

    def dataset(self, document: Document) -> Dataset:
        """What `load_dataset` gives for a spec.

        Raises:
            DataError, MachineError: as `load_dataset` does.
        """
        spec = document.spec
        key = (document.folder, spec.data, encoded_alike(spec.inputs, spec.targets), spec.seed, spec.training.sampler)
        if self._dataset is None or self._dataset[0] != key:
            opened = None if spec.data.streaming and self.frame is None else self._open(document)
            loaded = load_data_of(document, frame=self.frame, opened=opened)
            self._dataset = key, loaded
        return self._dataset[1]

    def _open(self, document: Document) -> Opened:
        data = document.spec.data
        key = (document.folder, replace(data, split=Split()))
        if self._opened is None or self._opened[0] != key:
            self._opened = key, open_data(data, folder=document.folder, frame=self.frame)
        return self._opened[1]
