"""The schema's verdict on a spec, said so that its author can act on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from mlpspec.catalog import families
from mlpspec.diagnostics import Diagnostic, Label, did_you_mean
from mlpspec.language.positions import Path
from mlpspec.language.schema import spec_schema
from mlpspec.language.tree import Tree

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

LANGUAGE_VERSION = 1


def validate(tree: Tree) -> list[Diagnostic]:
    """All that the schema finds wrong, in the order of the text; empty when the spec has the right form."""
    if not isinstance(tree.data, dict):
        return [_not_a_mapping(tree)]
    version = tree.data.get("mlpspec")
    if type(version) is int and version != LANGUAGE_VERSION:
        label = Label(tree.positions.place(("mlpspec",)))
        message = f"this spec is written in language version {version}, this mlpspec reads version {LANGUAGE_VERSION}"
        return [Diagnostic("unsupported-version", message, primary=label, help="write `mlpspec: 1`, or install the mlpspec that reads it")]
    found = [problem for error in _validator().iter_errors(tree.data) for problem in _problems(error, tree)]
    unique = {(d.code, d.message, d.primary and d.primary.span.start): d for d in found}
    return sorted(unique.values(), key=lambda d: d.primary.span.start if d.primary else (0, 0))


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(spec_schema(variables=False))


def _not_a_mapping(tree: Tree) -> Diagnostic:
    message = f"a spec is a mapping of sections, this is {describe(tree.data)}"
    help = "start with `mlpspec: 1`, or let `mlpspec init DATA --target COLUMN` write a first spec"
    return Diagnostic("wrong-type", message, primary=Label(tree.positions.place(())), help=help)


def _problems(error: ValidationError, tree: Tree, noun: str = "") -> Iterator[Diagnostic]:
    """The diagnostics of one error of the validator; `noun` names the family around it (`activation`)."""
    rule = error.validator
    path: Path = tuple(error.absolute_path)
    instance: Any = error.instance
    if rule == "anyOf":
        yield from _of_branches(error, tree)
    elif rule == "additionalProperties":
        yield from _unknown_keys(error, path, tree, noun)
    elif rule == "required":
        yield from _missing_keys(error, path, tree)
    elif rule == "pattern" and "propertyNames" in error.absolute_schema_path:
        yield _at(tree, (*path, instance), "wrong-form", f"`{instance}` cannot be a name here", NAME_HELP, at_key=True)
    elif rule == "maxProperties":
        yield _two_entries(error, path, tree, noun)
    elif rule == "enum":
        yield _not_one_of(error, path, tree, noun)
    else:
        yield _wrong_value(error, path, tree)


def _of_branches(error: ValidationError, tree: Tree) -> Iterator[Diagnostic]:
    """The errors of the one form that the author meant: the form that takes this type of value."""
    schema, value, path = _mapping(error.schema), error.instance, tuple(error.absolute_path)
    noun = schema.get("title", "")
    fitting = [errors for errors in _by_branch(error).values() if not any(_is_type_error(inner, error) for inner in errors)]
    entry_options = "examples" in schema and "`" in noun
    if isinstance(value, str) and (form := _needs_options(schema, value)):
        yield _at(tree, path, "missing-option", f"the {noun} `{value}` needs options", f"write `{form}`")
    elif value is None and entry_options:
        name = path[-1] if path else ""
        yield _at(tree, path, "missing-option", f"nothing is written after `{name}:`", f"write `{name}: {_flow(schema['examples'][0])}`")
    elif isinstance(value, str) and _takes_number(schema) and _is_number(value):
        yield _at(tree, path, "wrong-type", f"{_subject(path)} must be {_forms(schema)}, got {describe(value)}", _type_help(schema, value))
    elif fitting:
        for inner in min(fitting, key=len):
            yield from _problems(inner, tree, "" if entry_options else noun)
    else:
        yield _at(tree, path, "wrong-type", f"{_subject(path)} must be {_forms(schema)}, got {describe(value)}", _type_help(schema, value))


def _takes_number(schema: Mapping[str, Any]) -> bool:
    """Whether a number alone is one of the forms."""
    return any(form.get("type") in ("integer", "number") for form in schema["anyOf"])


def _is_type_error(inner: ValidationError, outer: ValidationError) -> bool:
    """Whether the value itself is of a type that the form does not take."""
    if len(inner.absolute_path) != len(outer.absolute_path):
        return False
    if inner.validator == "anyOf":
        return all(any(_is_type_error(error, outer) for error in errors) for errors in _by_branch(inner).values())
    return inner.validator == "type"


def _by_branch(error: ValidationError) -> dict[int, list[ValidationError]]:
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    return branches


def _needs_options(schema: Mapping[str, Any], name: str) -> str:
    """How the entry `name` is written, when the family knows it but not bare."""
    for form in schema["anyOf"]:
        reference = form.get("properties", {}).get(name, {}).get("$ref")
        if reference:
            definition = spec_schema(variables=False)["$defs"][reference.rsplit("/", 1)[-1]]
            return f"{name}: {_flow(definition['examples'][0])}"
    return ""


def _unknown_keys(error: ValidationError, path: Path, tree: Tree, noun: str) -> Iterator[Diagnostic]:
    schema, value = _mapping(error.schema), _mapping(error.instance)
    known = list(schema.get("properties", {}))
    for key in value:
        if key in known:
            continue
        if noun:
            yield _unknown_name(tree, (*path, key), noun, key, known, at_key=True)
        else:
            where = f"in `{path[-1]}`" if path and isinstance(path[-1], str) else "at the top of a spec"
            help = did_you_mean(key, known) if known else "it has no options"
            yield _at(tree, (*path, key), "unknown-option", f"there is no option `{key}` {where}", help, at_key=True)


def _unknown_name(tree: Tree, path: Path, noun: str, name: str, known: list[str], *, at_key: bool) -> Diagnostic:
    help = did_you_mean(name, known)
    if not help.startswith("did you mean"):
        elsewhere = [family.noun for family in families() if name in family]
        if elsewhere:
            help = f"`{name}` is {article(elsewhere[0])}, not {article(noun)}" + (
                "; write `- activation: " + name + "`" if noun == "layer" and elsewhere[0] == "activation" else ""
            )
        elif not help:
            help = f"`mlpspec explain {noun.replace(' ', '_')}` lists them all"
    return _at(tree, path, "unknown-name", f"there is no {noun} `{name}`", help, at_key=at_key)


def _missing_keys(error: ValidationError, path: Path, tree: Tree) -> Iterator[Diagnostic]:
    schema, value = _mapping(error.schema), _mapping(error.instance)
    for key in schema["required"]:
        if key not in value:
            option = schema["properties"][key]
            where = f"`{path[-1]}` needs" if path and isinstance(path[-1], str) else "a spec needs"
            example = f", e.g. `{key}: {_flow(option['examples'][0])}`" if option.get("examples") else ""
            yield _at(tree, path, "missing-option", f"{where} `{key}`", f"{key}: {option.get('description', '')}{example}", at_key=True)


def _two_entries(error: ValidationError, path: Path, tree: Tree, noun: str) -> Diagnostic:
    first, second = list(_mapping(error.instance))[:2]
    label = Label(_key(tree, (*path, second)), "a second one")
    known = _options_of_entry(error, first)
    if second in known:
        help = f"`{second}` is an option of `{first}`: indent it below `{first}:`"
    else:
        help = "begin each with a `- ` of its own" if noun == "layer" else "keep one of them"
    message = f"{article(noun)} is one name with its options, here are `{first}` and `{second}`"
    return Diagnostic("one-entry", message, primary=Label(_key(tree, (*path, first))), secondary=(label,), help=help)


def _options_of_entry(error: ValidationError, name: str) -> set[str]:
    reference = _mapping(error.schema).get("properties", {}).get(name, {}).get("$ref", "")
    definition = spec_schema(variables=False)["$defs"].get(reference.rsplit("/", 1)[-1], {})
    return {key for form in definition.get("anyOf", ()) for key in form.get("properties", {})}


def _not_one_of(error: ValidationError, path: Path, tree: Tree, noun: str) -> Diagnostic:
    allowed: Any = error.validator_value
    known = [str(value) for value in allowed]
    if noun:
        known = next((family.names() for family in families() if family.noun == noun), known)
        return _unknown_name(tree, path, noun, str(error.instance), known, at_key=False)
    message = f"{_subject(path)} cannot be {describe(error.instance)}"
    return _at(tree, path, "unknown-name", message, did_you_mean(str(error.instance), known) or "known: " + ", ".join(known))


def _wrong_value(error: ValidationError, path: Path, tree: Tree) -> Diagnostic:
    limit: Any = error.validator_value
    value, subject = error.instance, _subject(path)
    match error.validator:
        case "type":
            schema = _mapping(error.schema)
            message = f"{subject} must be {_TYPE_WORDS[limit]}, got {describe(value)}"
            return _at(tree, path, "wrong-type", message, _type_help(schema, value))
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            message = f"{subject} must be {_BOUND_WORDS[error.validator]} {limit:g}, got {value}"
            return _at(tree, path, "out-of-range", message, _range_help(_mapping(error.schema)))
        case "minItems" | "minProperties":
            return _at(tree, path, "missing-option", f"{subject} is empty, at least {limit} is needed", "")
        case "pattern":
            help = NAME_HELP if limit.startswith("^[A-Za-z_]") else f"it must match {limit}"
            return _at(tree, path, "wrong-form", f"{subject} cannot be {describe(value)}", help)
        case _:
            return _at(tree, path, "invalid-spec", f"{subject}: {error.message}", "")


NAME_HELP = "a name begins with a letter or _ and goes on with letters, digits, _ . - (at most 64)"

_BOUND_WORDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "less than"}

_TYPE_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def describe(value: Any) -> str:
    """A value as messages name it: `text "64"`, `12`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f'text "{value if len(value) <= 40 else value[:39] + "…"}"'
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)


def article(noun: str) -> str:
    """The noun with `a` or `an`."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _subject(path: Path) -> str:
    if not path:
        return "the spec"
    if isinstance(path[-1], str):
        return f"`{path[-1]}`"
    named = next((part for part in reversed(path) if isinstance(part, str)), "")
    return f"item {path[-1] + 1} of `{named}`"


def _forms(schema: Mapping[str, Any]) -> str:
    """What the forms of an `anyOf` take, in words."""
    noun = schema.get("title", "")
    if noun and "`" not in noun:
        numbers = [f"{_TYPE_WORDS[form['type']]}, or " for form in schema["anyOf"] if form.get("type") in ("integer", "number")]
        return f"{''.join(numbers)}{article(noun)}: a name, or a name with options"
    words = [_TYPE_WORDS[form["type"]] for form in schema["anyOf"] if "type" in form]
    nouns = [spec_schema(variables=False)["$defs"][form["$ref"].rsplit("/", 1)[-1]]["title"] for form in schema["anyOf"] if "$ref" in form]
    words = [article(noun) for noun in nouns] + ["options" if "`" in noun and word == "a mapping" else word for word in words]
    return " or ".join(dict.fromkeys(words))


def _type_help(schema: Mapping[str, Any], value: Any) -> str:
    wanted = {schema.get("type"), *(form.get("type") for form in schema.get("anyOf", ()))}
    if isinstance(value, str) and wanted & {"integer", "number"} and _is_number(value):
        return f"remove the quotes: {value}"
    if isinstance(value, str) and "boolean" in wanted and value.casefold() in {"yes", "no", "on", "off", "y", "n", "true", "false"}:
        return f"write {'true' if value.casefold() in {'yes', 'on', 'y', 'true'} else 'false'}"
    if "string" in wanted and isinstance(value, int | float) and not wanted & {"integer", "number"}:
        return f'quote it: "{str(value).lower() if isinstance(value, bool) else value}"'
    if isinstance(value, str) and ":" in value and "object" in wanted and ": " not in value:
        return "write a space after the colon"
    if schema.get("examples"):
        return f"e.g. {_flow(schema['examples'][0])}"
    return ""


def _range_help(schema: Mapping[str, Any]) -> str:
    bounds = " and ".join(f"{words} {schema[rule]:g}" for rule, words in _BOUND_WORDS.items() if rule in schema)
    return f"write a number that is {bounds}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case _:
            return str(value)


def _key(tree: Tree, path: Path) -> Any:
    return tree.positions.key(path) or tree.positions.place(path)


def _at(tree: Tree, path: Path, code: str, message: str, help: str, *, at_key: bool = False) -> Diagnostic:
    span = _key(tree, path) if at_key else tree.positions.place(path)
    return Diagnostic(code, message, primary=Label(span), secondary=tree.positions.related(path), help=help)
