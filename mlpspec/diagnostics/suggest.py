"""Near names for a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, known: Iterable[str], *, limit: int = 4) -> list[str]:
    """Up to `limit` of `known`, nearest first, that `name` may have been meant to be.

    Alike means a similarity ratio of at least 0.6 (`difflib.SequenceMatcher`) ignoring case, or one name starting with the other.

    >>> closest("rellu", ["relu", "selu", "tanh"])
    ['relu', 'selu']
    """
    from difflib import SequenceMatcher  # needed after a mistake only

    word = name.casefold()
    scored: list[tuple[float, str]] = []
    for candidate in dict.fromkeys(known):
        other = candidate.casefold()
        score = SequenceMatcher(None, word, other, autojunk=False).ratio()
        if len(word) >= 3 and (other.startswith(word) or word.startswith(other)):
            score = max(score, 0.75)
        if score >= 0.6:
            scored.append((-score, candidate))
    return [candidate for _, candidate in sorted(scored)[:limit]]


def did_you_mean(name: str, known: Iterable[str], *, limit: int = 4) -> str:
    """A help sentence for a mistyped name: the near names, else all of them when few, else nothing.

    >>> did_you_mean("rellu", ["relu", "tanh"])
    'did you mean `relu`?'
    """
    known = list(dict.fromkeys(known))
    near = closest(name, known, limit=limit)
    if near:
        return "did you mean " + " or ".join(f"`{word}`" for word in near) + "?"
    if 0 < len(known) <= 24:
        return "known: " + ", ".join(sorted(known))
    return ""
