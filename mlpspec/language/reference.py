"""The reference pages, from the same declarations as the schema: `docs/reference/` and `mlpspec explain`."""

from __future__ import annotations

import inspect

from mlpspec.catalog import families, family_of
from mlpspec.catalog.callbacks.checkpoint import CheckpointOptions
from mlpspec.catalog.callbacks.early_stopping import EarlyStoppingOptions
from mlpspec.catalog.entry import Entry, Family, main_option, written_form
from mlpspec.catalog.kinds import Anything, Kind, Many, Maybe, Names, OneOf, Scalar, Section, Words, kind_of
from mlpspec.catalog.option import Option, Record, options_of
from mlpspec.diagnostics.codes import CODES
from mlpspec.language.sections.data import Data, Split
from mlpspec.language.sections.export import Export
from mlpspec.language.sections.spec import Spec
from mlpspec.language.sections.training import Training
from mlpspec.language.sections.tuning import Parameter, Tuning
from mlpspec.language.writer import plain

SECTIONS: dict[str, type[Record]] = {
    "spec": Spec,
    "data": Data,
    "data.split": Split,
    "training": Training,
    "training.checkpoint": CheckpointOptions,
    "training.early_stopping": EarlyStoppingOptions,
    "export": Export,
    "tuning": Tuning,
    "tuning.parameters": Parameter,
}
"""The sections of a spec by the path a person would ask for."""


def page_name(family: Family) -> str:
    """The name of a family's page: `activations`, `input_types`, `losses`."""
    noun = family.noun.replace(" ", "_")
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def pages() -> dict[str, str]:
    """All pages as Markdown, by file name without ending."""
    return {
        "sections": "# Sections of a spec\n\n" + "\n\n".join(section_text(path) for path in SECTIONS) + "\n",
        **{page_name(family): family_text(family) for family in families()},
        "codes": "# Diagnostic codes\n\n" + "\n\n".join(f"## {code}\n\n{text}" for code, text in sorted(CODES.items())) + "\n",
    }


def family_text(family: Family) -> str:
    """The page of a family: every entry with its options."""
    title = page_name(family).replace("_", " ").capitalize()
    about = inspect.cleandoc(family.base.__doc__ or "")
    return f"# {title}\n\n{about}\n\n" + "\n\n".join(entry_text(entry) for entry in family) + "\n"


def entry_text(entry: type[Entry]) -> str:
    """An entry with its documentation, an example and its options."""
    aliases = f" (also {', '.join(f'`{alias}`' for alias in entry.aliases)})" if entry.aliases else ""
    options = options_of(entry)
    main = f"\n\nMain option: `{entry.main}`." if entry.main else ""
    table = f"\n\n{option_table(options)}" if options else ""
    return f"## {entry.kind}{aliases}\n\n{inspect.getdoc(entry) or ''}\n\n    {written_form(entry)}{main}{table}"


def section_text(path: str) -> str:
    """A section with its options."""
    record = SECTIONS[path]
    return f"## {path}\n\n{inspect.getdoc(record) or ''}\n\n{option_table(options_of(record))}"


def option_table(options: tuple[Option, ...]) -> str:
    """A Markdown table of options: name, type, default, meaning."""
    lines = ["| option | takes | default | meaning |", "|---|---|---|---|"]
    for option in options:
        if option.internal:
            continue
        default = "required" if option.required else f"`{_inline(plain(option.default))}`"
        lines.append(f"| `{option.key}` | {_bounded(option)} | {default} | {option.doc} |")
    return "\n".join(lines)


def explain(topic: str) -> str | None:
    """What a topic means: an entry (`dense`), a family (`activations`), a section or option (`training.epochs`), a code; or None."""
    found = [entry_text(entry) for family in families() for entry in family if topic in (entry.kind, *entry.aliases)]
    found += [family_text(family) for family in families() if topic in (family.noun, family.noun.replace(" ", "_"), page_name(family))]
    if topic in SECTIONS:
        found.append(section_text(topic))
    section, _, key = topic.rpartition(".")
    record = SECTIONS.get(section or "spec")
    option = next((option for option in options_of(record) if option.key == key), None) if record else None
    if option is not None and topic not in SECTIONS:
        found.append(f"## {topic}\n\n{option_table((option,))}")
    if topic in CODES:
        found.append(f"## {topic}\n\n{CODES[topic]}")
    return "\n\n".join(found) or None


def topics() -> list[str]:
    """Everything that `explain` knows."""
    names = [name for family in families() for name in (*family.names(), page_name(family))]
    options = [
        f"{path}.{option.key}" if path != "spec" else option.key for path, record in SECTIONS.items() for option in options_of(record)
    ]
    return list(dict.fromkeys([*names, *SECTIONS, *options, *CODES]))


def _bounded(option: Option) -> str:
    bounds = [
        f"{sign} {value:g}"
        for sign, value in (("≥", option.minimum), (">", option.above), ("≤", option.maximum), ("<", option.below))
        if value is not None
    ]
    return ", ".join([_kind_text(kind_of(option.type)), *bounds])


def _kind_text(kind: Kind) -> str:
    match kind:
        case Scalar(type=scalar):
            return {int: "whole number", float: "number", bool: "true or false", str: "text"}[scalar]
        case Words(values=values):
            return " or ".join(f"`{value}`" for value in values)
        case Anything():
            return "anything"
        case Maybe(inner=inner):
            return f"{_kind_text(inner)} or null"
        case Many(inner=inner, or_one=or_one):
            return f"{_kind_text(inner)}, or a list" if or_one else f"list of {_kind_text(inner)}"
        case Names(inner=inner):
            return f"names, each with {_kind_text(inner)}"
        case Section(record=record):
            return f"section {record.__name__}"
        case OneOf(base=base):
            family = family_of(base)
            link = f"[{family.noun}]({page_name(family)}.md)"
            return link if family.shorthand is None else f"{_kind_text(kind_of(main_option(family.shorthand).type))} or {link}"


def _inline(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case []:
            return "[]"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items()) + "}"
        case "":
            return '""'
        case _:
            return str(value)
