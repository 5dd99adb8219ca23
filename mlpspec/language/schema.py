"""JSON Schema 2020-12 of the language, from the options of its records and catalog entries."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from mlpspec.catalog import family_of
from mlpspec.catalog.entry import Entry, Family, main_option, written_form
from mlpspec.catalog.kinds import Anything, Kind, Many, Maybe, Names, OneOf, Scalar, Section, Words, kind_of
from mlpspec.catalog.option import Option, Record, options_of
from mlpspec.language.sections.spec import Spec
from mlpspec.language.writer import plain

SCHEMA_ID = "urn:mlpspec:schema:1"

_JSON_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}

_VARIABLE = {"type": "string", "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$", "description": "A variable of `vars:`."}


@cache
def spec_schema(*, variables: bool) -> dict[str, Any]:
    """The schema of a whole spec.

    Args:
        variables: True for editors, where `$name` may stand for any value; False for a spec whose variables are resolved.
    """
    builder = _Builder(variables)
    root = builder.section(Spec)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "mlpspec specification, version 1",
        **root,
    }
    return {**schema, "$defs": dict(sorted(builder.definitions.items()))}


class _Builder:
    """Collects `$defs` while it walks the options."""

    def __init__(self, variables: bool):
        self.variables = variables
        self.definitions: dict[str, Any] = {}

    def section(self, record: type[Record]) -> dict[str, Any]:
        options = [option for option in options_of(record) if not (option.internal and self.variables)]
        schema: dict[str, Any] = {
            "type": "object",
            "description": _summary(record),
            "properties": {option.key: self.option(option) for option in options},
            "additionalProperties": False,
        }
        required = [option.key for option in options if option.required]
        return {**schema, "required": required} if required else schema

    def option(self, option: Option) -> dict[str, Any]:
        schema: dict[str, Any] = {"description": option.doc}
        if not option.required:
            schema["default"] = plain(option.default)
        if option.examples:
            schema["examples"] = [plain(example) for example in option.examples]
        return {**schema, **self.value(kind_of(option.type), option)}

    def value(self, kind: Kind, option: Option) -> dict[str, Any]:
        """The schema of a value; where variables are allowed, any value may be one."""
        if option.deferred and not self.variables:
            return {"type": "array", "minItems": option.min_items or 0}
        schema = self._value(kind, option)
        if not self.variables or isinstance(kind, Anything) or (schema.get("type") == "string" and "pattern" not in schema):
            return schema
        if "anyOf" in schema:
            return {**schema, "anyOf": [*schema["anyOf"], _VARIABLE]}
        return {"anyOf": [schema, _VARIABLE]}

    def _value(self, kind: Kind, option: Option) -> dict[str, Any]:
        match kind:
            case Scalar(type=scalar):
                return {"type": _JSON_TYPES[scalar], **(_bounds(option) if scalar in (int, float) else _text_rules(option, scalar))}
            case Words(values=values):
                types = {_JSON_TYPES[type(value)] for value in values}
                return {"type": types.pop(), "enum": list(values)} if len(types) == 1 else {"enum": list(values)}
            case Anything():
                return {}
            case Maybe(inner=inner):
                schema = self._value(inner, option)
                null = {"type": "null"}
                return {"anyOf": [*schema["anyOf"], null]} if set(schema) == {"anyOf"} else {"anyOf": [schema, null]}
            case Many(inner=inner, or_one=or_one):
                item = self.value(inner, option)
                rules = {} if option.min_items is None else {"minItems": option.min_items}
                several = {"type": "array", "items": item, **rules}
                return {"anyOf": [item, several]} if or_one else several
            case Names(inner=inner):
                rules = {} if option.min_items is None else {"minProperties": option.min_items}
                names = {} if option.keys is None else {"propertyNames": {"pattern": option.keys}}
                return {"type": "object", "additionalProperties": self.value(inner, option), **names, **rules}
            case Section(record=record):
                return self.section(record)
            case OneOf(base=base):
                return {"$ref": f"#/$defs/{self.family(family_of(base))}"}

    def family(self, family: Family[Any]) -> str:
        """The name of the family's definition, made when first asked for."""
        name = family.noun.replace(" ", "_")
        if name not in self.definitions:
            self.definitions[name] = {}  # entries may contain their own family
            bare = [n for n in family.names() if family[n].can_be_bare()]
            properties = {n: self.entry(family.noun, family[n]) for n in family.names()}
            forms: list[dict[str, Any]] = [
                {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
            ]
            if bare:
                forms.insert(0, {"type": "string", "enum": bare})
            if family.shorthand is not None:
                main = main_option(family.shorthand)
                forms.insert(0, self._value(kind_of(main.type), main))
            self.definitions[name] = {"title": family.noun, "anyOf": forms}
        return name

    def entry(self, noun: str, entry: type[Entry]) -> dict[str, Any]:
        """A reference to the options of an entry: the main option alone, or a mapping."""
        name = f"{noun.replace(' ', '_')}.{entry.kind}"
        if name not in self.definitions:
            self.definitions[name] = {}
            options = self.section(entry)
            form: dict[str, Any] = {"title": f"{noun} `{entry.kind}`", "description": _documentation(entry)}
            if entry.main is not None:
                main = main_option(entry)
                form["anyOf"] = [self.value(kind_of(main.type), main), options]
            else:
                form["anyOf"] = [options]
            self.definitions[name] = {**form, "examples": [_example_value(entry)]}
        return {"$ref": f"#/$defs/{name}"}


def _bounds(option: Option) -> dict[str, Any]:
    bounds = {"minimum": option.minimum, "maximum": option.maximum, "exclusiveMinimum": option.above, "exclusiveMaximum": option.below}
    return {key: value for key, value in bounds.items() if value is not None}


def _text_rules(option: Option, scalar: type) -> dict[str, Any]:
    return {"pattern": option.pattern} if scalar is str and option.pattern is not None else {}


def _summary(record: type[Record]) -> str:
    return (inspect.getdoc(record) or "").split("\n", 1)[0]


def _documentation(entry: type[Entry]) -> str:
    return f"{inspect.getdoc(entry) or ''}\n\nExample: {written_form(entry)}"


def _example_value(entry: type[Entry]) -> Any:
    required = {option.key: option for option in options_of(entry) if option.required}
    if entry.main is not None and set(required) <= {entry.main}:
        main = main_option(entry)
        return plain(main.examples[0] if main.examples else main.default)
    return {key: plain(option.examples[0]) if option.examples else None for key, option in required.items()}
