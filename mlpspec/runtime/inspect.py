"""What a model file is, as data: for people who were handed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlpspec.diagnostics import ModelFileError
from mlpspec.runtime.card import ModelCard, Value, read_card
from mlpspec.runtime.model_file import ModelFile
from mlpspec.runtime.session import cpu_session, session_facts


@dataclass(frozen=True)
class Description:
    """A model file.

    Attributes:
        path: how it was called.
        bytes: its size.
        sha256: its SHA-256, in hexadecimal.
        ir_version: the version of the ONNX file format.
        opsets: the version of each domain's operator set; "" is ONNX's own.
        producer: the program that wrote it, with its version.
        operators: how often each operator stands in it.
        inputs, outputs: those of the graph.
        card: what mlpspec wrote into it; None when another program made it.
        no_card: why there is no card.
    """

    path: str
    bytes: int
    sha256: str
    ir_version: int
    opsets: Mapping[str, int]
    producer: str
    operators: Mapping[str, int]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    card: ModelCard | None
    no_card: str = ""

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


def describe(file: ModelFile) -> Description:
    """Describe a model file. It is opened on the CPU, so that its inputs and outputs are those it really has.

    Raises:
        ModelFileError: when ONNX Runtime refuses the model.
    """
    facts = session_facts(cpu_session(file), place=file.name)
    card, problem = None, ""
    try:
        card = read_card(facts.metadata, facts.inputs, facts.outputs, place=file.name)
    except ModelFileError as error:
        problem = str(error)
    header = file.header
    return Description(
        path=file.name,
        bytes=len(file.data),
        sha256=file.sha256,
        ir_version=header.ir_version,
        opsets=dict(header.opsets),
        producer=f"{header.producer} {header.producer_version}".strip(),
        operators={f"{domain}.{kind}" if domain else kind: count for (domain, kind), count in header.operators.most_common()},
        inputs=facts.inputs,
        outputs=facts.outputs,
        card=card,
        no_card=problem,
    )
