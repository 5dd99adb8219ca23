"""JSON as it comes in, strictly, and as it goes out."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import numpy as np

from mlpspec.serving.refusal import bad_request


def parse_object(body: bytes | bytearray) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        Refusal: 400 when it is none, also for NaN and Infinity, which JSON does not have.
    """
    if not body:
        raise bad_request("the request has no body", help="send one JSON object")
    try:
        data = json.loads(body, parse_constant=_not_json)
    except RecursionError as error:
        raise bad_request("the JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise bad_request(f"the body is not JSON: {error.msg}", place=f"line {error.lineno}, column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise bad_request(f"the body is not UTF-8 from byte {error.start + 1} on") from error
    except ValueError as error:
        raise bad_request(f"the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise bad_request(f"the body is {kind_of(data)}, expected an object")
    return data


def to_json(data: Any) -> bytes:
    r"""UTF-8 text, compact. A lone surrogate, which UTF-8 cannot write, becomes its escape.

    >>> to_json({"a": ["é", None]})
    b'{"a":["\xc3\xa9",null]}'
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def plain(array: np.ndarray) -> list[Any]:
    """An array as lists. A number that is not finite becomes null: JSON has no other word for it.

    >>> plain(np.array([1.5, np.nan], np.float32))
    [1.5, None]
    """
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        array = array.astype(object)
        array[~finite] = None
    return array.tolist()


def kind_of(value: Any) -> str:
    """What a value of JSON is, in words.

    >>> kind_of(True), kind_of([]), kind_of(None)
    ('true', 'a list', 'null')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and math.isfinite(value):
        return "a number"
    return {str: "a text", int: "a number", list: "a list", dict: "an object"}.get(type(value), type(value).__name__)


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number of JSON; null is a missing value")
