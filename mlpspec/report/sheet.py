"""An HTML page that needs nothing else, no script and no network: what all reports have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

from mlpspec.report.markup import tag, text

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

MOST_WARNINGS = 50


def sheet(title: str, header: Sequence[str], notices: Sequence[str], sections: Mapping[str, Sequence[str]]) -> str:
    """The whole page as HTML, which is well-formed XML as well.

    Args:
        title: of the window.
        header: what stands above the links to the sections.
        notices: what stands above the first section.
        sections: by name; empty ones are left out.
    """
    shown = {name: inner for name, inner in sections.items() if inner}
    links = [tag("a", name.capitalize(), href=f"#{_id(name)}") for name in shown]
    body = [
        tag("header", *header, tag("nav", *links, aria_label="Sections")),
        tag("main", *notices, *[_section(name, inner) for name, inner in shown.items()]),
    ]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", text(title)),
        tag("style", (files("mlpspec.report") / "report.css").read_text(encoding="utf-8")),
    ]
    return "<!DOCTYPE html>\n" + tag("html", tag("head", *head), "\n", tag("body", "\n".join(body)), lang="en") + "\n"


def heading(kicker: str, name: str, facts: Sequence[str]) -> list[str]:
    """The page's name, and facts about it side by side; empty ones are left out."""
    return [
        tag("p", text(kicker), class_="kicker"),
        tag("h1", text(name)),
        tag("ul", *[tag("li", fact) for fact in facts if fact], class_="facts"),
    ]


def tiles(figures: Sequence[tuple[str, str]]) -> str:
    """Figures in large type, each with its name."""
    return tag("dl", *[tag("div", tag("dt", text(name)), tag("dd", text(value))) for name, value in figures], class_="tiles")


def warnings_box(warnings: Sequence[str]) -> list[str]:
    """Findings that stopped nothing, one sentence each; nothing when there are none."""
    if not warnings:
        return []
    shown = warnings[:MOST_WARNINGS]
    more = [tag("li", text(f"and {len(warnings) - len(shown)} more"))] if len(warnings) > len(shown) else []
    title = "1 warning" if len(warnings) == 1 else f"{len(warnings)} warnings"
    return [tag("aside", tag("h2", text(title)), tag("ul", *[tag("li", text(words)) for words in shown], *more), class_="warnings")]


def _section(name: str, inner: Sequence[str]) -> str:
    title = f"{_id(name)}-title"
    return tag("section", tag("h2", name.capitalize(), id=title), *inner, id=_id(name), aria_labelledby=title)


def _id(name: str) -> str:
    return name.replace(" ", "-")
