"""Names of a spec as names in Python."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

_TAKEN = frozenset({"self", "torch", "nn", "F", "operator", "OrderedDict"})


def class_name(name: str) -> str:
    """A name as a Python class: `my-net` is `MyNet`.

    >>> class_name("two_moons.v2"), class_name("3d")
    ('TwoMoonsV2', 'Model3d')
    """
    words = "".join(c if c.isalnum() else " " for c in name).split()
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Model{joined}"


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Each name as a Python variable, all different.

    >>> identifiers(["left", "lambda", "a-b", "a_b"])
    {'left': 'left', 'lambda': 'lambda_', 'a-b': 'a_b', 'a_b': 'a_b_'}
    """
    found: dict[str, str] = {}
    for name in names:
        plain = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
        while keyword.iskeyword(plain) or plain in _TAKEN or plain in found.values():
            plain += "_"
        found[name] = plain
    return found
