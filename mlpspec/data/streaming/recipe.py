"""What encoded rows follow from, beside the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.targets.base import TargetType
from mlpspec.data.fit import encoded_alike
from mlpspec.language.sections.data import Data
from mlpspec.version import __version__

FORMAT = 1
"""The form of what is kept of encoded rows."""


@dataclass(frozen=True)
class Recipe:
    """The sections of a spec that say how rows are read and encoded, and the spec's seed, which divides them."""

    data: Data
    inputs: Mapping[str, InputType]
    targets: Mapping[str, TargetType]
    seed: int

    def key(self, hashes: Mapping[str, str]) -> str:
        """The hash of all that encoded rows depend on: this, the files by their hashes, and the version that reads them."""
        read, truth = encoded_alike(self.inputs, self.targets)
        about = [FORMAT, __version__, repr(self.data), _texts(read), _texts(truth), dict(hashes), self.seed]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def _texts(entries: Mapping[str, object]) -> dict[str, str]:
    return {name: repr(entry) for name, entry in entries.items()}
