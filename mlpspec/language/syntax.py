"""What is wrong with a text that is not YAML, in words for its author rather than for a parser's."""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from mlpspec.diagnostics import Diagnostic, Label, Position, Source, Span

_NO_SPACE = re.compile(r"\s*(?:- +)*[\w.-]+:[^\s:]")  # `units:64`
_KEY = re.compile(r":(?:\s|$)")


def explain(error: yaml.MarkedYAMLError, source: Source) -> Diagnostic:
    """The diagnostic for a parser's error: the mistake that most often leads to it, at the place where a person would mend it."""
    mistake = _Mistake(error, source)
    return next(found for rule in _RULES if (found := rule(mistake)))


class _Mistake:
    """Where the parser gave up, and what it had begun there."""

    def __init__(self, error: yaml.MarkedYAMLError, source: Source):
        self.problem, self.context = error.problem or "", error.context or ""
        self.source = source
        self.here = _clamp(error.problem_mark or error.context_mark, source)
        self.begin = _clamp(error.context_mark or error.problem_mark, source)
        self.line = source.line(self.here.line)
        self.before, self.rest = self.line[: self.here.column], self.line[self.here.column :]

    def diagnostic(self, message: str, help: str, at: Span | None = None, *others: Label, code: str = "yaml-syntax") -> Diagnostic:
        return Diagnostic(code, message, primary=Label(at or self.at(self.here)), secondary=others, help=help)

    def at(self, start: Position, length: int = 1) -> Span:
        return Span(self.source, start, Position(start.line, start.column + length))

    def text_of(self, line: int) -> Span:
        """A line without its indentation."""
        text = self.source.line(line).rstrip()
        return Span(self.source, Position(line, len(text) - len(text.lstrip())), Position(line, len(text)))

    def line_above(self, line: int) -> int:
        """The nearest line above `line` that is neither blank nor a comment; `line` itself when there is none."""
        for number in range(line - 1, -1, -1):
            if (text := self.source.line(number).strip()) and not text.startswith("#"):
                return number
        return line


def _clamp(mark: yaml.Mark | None, source: Source) -> Position:
    """A mark as a position in the text: the parser's end of text can lie on a line after the last one with text."""
    if mark is None:
        return Position(0, 0)
    line, column = mark.line, mark.column
    if not source.line(line):
        while line > 0 and not source.line(line).strip():
            line -= 1
        column = len(source.line(line).rstrip())
    return Position(line, column)


def _tab(m: _Mistake) -> Diagnostic | None:
    indentation = re.match(r"[ \t]*", m.line)
    tab = indentation.group().find("\t") if indentation else -1
    if tab >= 0 and ("tab" in m.problem or "cannot start" in m.problem):
        return m.diagnostic("a tab stands in the indentation", "indent with spaces, two for each level", m.at(Position(m.here.line, tab)))
    return None


def _tag(m: _Mistake) -> Diagnostic | None:
    if "tag" not in m.problem + m.context:
        return None
    tag = m.source.line(m.begin.line)[m.begin.column :].split(maxsplit=1)
    return m.diagnostic("tags are not read", "remove it, or quote the text", m.at(m.begin, len(tag[0]) if tag else 1), code="yaml-feature")


def _quote(m: _Mistake) -> Diagnostic | None:
    if "quoted scalar" not in m.context:
        return None
    if "end of stream" in m.problem or "document indicator" in m.problem:
        return m.diagnostic("this quote is not closed", "close it with the same quote", m.at(m.begin))
    start = max(m.line.rfind("\\", 0, m.here.column + 1), 0)
    escape = re.match(r"\\?(?:[xuU][0-9a-fA-F]*|.?)", m.line[start:])
    shown = escape.group() if escape else "\\"
    help = "write the text in single quotes, where \\ has no meaning; or write \\\\ for one \\"
    return m.diagnostic(f"`{shown}` is not an escape that YAML knows", help, m.at(Position(m.here.line, start), len(shown)))


def _bracket(m: _Mistake) -> Diagnostic | None:
    if "expected ',' or" not in m.problem:
        return None
    opening, closing, what = ("{", "}", "mapping") if "mapping" in m.context else ("[", "]", "list")
    if m.here.line == m.begin.line and m.rest.strip():
        if m.rest[0] in "]}":
            other = Label(m.at(m.begin), "opened here")
            return m.diagnostic(f"a {what} opened with `{opening}` is closed with `{m.rest[0]}`", f"close it with `{closing}`", None, other)
        help = "put a comma between the parts; quote a text that holds such a character"
        return m.diagnostic(f"a comma or `{closing}` is missing before this", help)
    gave_up = (Label(m.at(m.here), "the text cannot go on like this inside it"),) if m.here.line != m.begin.line else ()
    help = f"write `{closing}` where the {what} ends, and a comma between its parts"
    return m.diagnostic(f"this `{opening}` is not closed, or a comma is missing", help, m.at(m.begin), *gave_up)


def _start(m: _Mistake) -> Diagnostic | None:
    if "cannot start any token" not in m.problem and "mapping keys are not allowed" not in m.problem:
        return None
    return m.diagnostic(f"unquoted text cannot begin with `{m.rest[:1]}`", "quote the text")


def _alias(m: _Mistake) -> Diagnostic | None:
    if "scanning an a" not in m.context:  # an alias, an anchor
        return None
    sign = m.source.line(m.begin.line)[m.begin.column : m.begin.column + 1]
    return m.diagnostic(f"unquoted text cannot begin with `{sign}`", "quote the text", m.at(m.begin))


def _colon(m: _Mistake) -> Diagnostic | None:
    """`mapping values are not allowed in this context`: a colon where the text before it already means something else."""
    if "mapping values are not allowed" not in m.problem:
        return None
    if _KEY.search(m.before):
        help = "quote the text if the colon belongs to it; or begin the inner mapping on a line of its own"
        return m.diagnostic("a second `: ` stands on one line", help)
    above = m.line_above(m.here.line)
    text, span = m.source.line(above), m.text_of(above)
    if above == m.here.line:
        return m.diagnostic("a key must be text on one line, and short", "write a plain name before the colon")
    if _NO_SPACE.match(text) and not _KEY.search(text):
        return m.diagnostic("a space is missing after the colon", "write `key: value`", span)
    if not _KEY.search(text):
        return m.diagnostic("this line has no colon", "a line in a mapping is `key: value`", span)
    inner = m.text_of(m.here.line)
    message = "this line is indented deeper than the one above it, which has its value already"
    return m.diagnostic(message, "give lines of one mapping the same indentation", inner, Label(span, "this key has its value"))


def _no_colon(m: _Mistake) -> Diagnostic | None:
    if "expected ':'" not in m.problem:
        return None
    span = m.text_of(m.begin.line)
    if _NO_SPACE.match(m.source.line(m.begin.line)):
        return m.diagnostic("a space is missing after the colon", "write `key: value`", span)
    return m.diagnostic("this line has no colon", "a line in a mapping is `key: value`", span)


def _item(m: _Mistake) -> Diagnostic | None:
    if "sequence entries are not allowed" not in m.problem:
        return None
    return m.diagnostic("a list written with `- ` begins on a line of its own", "move it below the key, or write it as [a, b]")


def _stray_bracket(m: _Mistake) -> Diagnostic | None:
    if "did not find expected" not in m.problem or m.rest[:1] not in ("]", "}"):
        return None
    return m.diagnostic(f"there is no open bracket that `{m.rest[0]}` could close", "remove it, or quote the text")


def _no_key(m: _Mistake) -> Diagnostic | None:
    if "did not find expected" not in m.problem or not _KEY.match(m.rest):
        return None
    return m.diagnostic("a key is missing before this colon", "write `key: value`, or quote the text")


def _late_quote(m: _Mistake) -> Diagnostic | None:
    """A quote that was left open, and was closed by the one that should open a later text."""
    quote = m.before.rstrip()[-1:]
    if "block" not in m.context or quote not in ("'", '"') or m.before.count(quote) % 2 == 0:
        return None
    for line in range(m.here.line - 1, m.begin.line - 1, -1):
        text = m.source.line(line)
        if text.count(quote) % 2:
            closing = Position(m.here.line, len(m.before.rstrip()) - 1)
            help = "close it with the same quote on its own line"
            return m.diagnostic(
                "this quote is not closed", help, m.at(Position(line, text.rindex(quote))), Label(m.at(closing), "until here")
            )
    return None


def _indentation(m: _Mistake) -> Diagnostic | None:
    """`did not find expected key` or `'-' indicator` at the beginning of a line."""
    if "did not find expected" not in m.problem or "block" not in m.context or m.before.strip() or not m.rest.strip():
        return None
    span, began = m.text_of(m.here.line), Label(m.text_of(m.begin.line), "begun here")
    if m.here.column != m.begin.column:
        help = "indent it as far as the lines that it belongs to"
        return m.diagnostic("the indentation of this line fits no line above it", help, span)
    if m.rest.startswith(("- ", "-\t")) or m.rest == "-":
        return m.diagnostic("a list item stands among the keys of a mapping", "indent it below the key it belongs to", span, began)
    if "'-'" in m.problem:
        return m.diagnostic("a key stands among the items of a list", "begin it with `- `, or end the indentation of the list", span, began)
    return None


def _after_value(m: _Mistake) -> Diagnostic | None:
    if not any(sign in m.problem for sign in ("expected key", "expected '-'", "expected <document start>")):
        return None
    span = m.at(m.here, len(m.rest.rstrip()) or 1)
    if not m.before.strip():
        return m.diagnostic("the text goes on after its value has ended", "a spec is one mapping of `key: value` lines", span)
    return m.diagnostic("the value has ended before this", "quote the whole text, with ' around a text that holds \"", span)


def _content(m: _Mistake) -> Diagnostic | None:
    if "expected node content" not in m.problem:
        return None
    found = f"`{m.rest[0]}`" if m.rest.strip() else "the end of the text"
    return m.diagnostic(f"a value is missing here, {found} stands in its place", "write the value, or quote it if it is text")


def _block_text(m: _Mistake) -> Diagnostic | None:
    if "block scalar" not in m.context:
        return None
    return m.diagnostic("`|` and `>` begin a text on the lines below", "quote the value if it is text that begins so", m.at(m.begin))


def _directive(m: _Mistake) -> Diagnostic | None:
    if "directive" not in m.problem + m.context and "incompatible" not in m.problem:
        return None
    return m.diagnostic("a line that begins with `%` is an instruction to YAML readers", "remove the line", m.text_of(m.begin.line))


def _other(m: _Mistake) -> Diagnostic:
    return m.diagnostic("the text cannot go on like this here", f"the YAML parser says: {m.problem}")


_RULES: tuple[Callable[[_Mistake], Diagnostic | None], ...] = (
    _tab, _tag, _quote, _bracket, _start, _alias, _colon, _no_colon, _item, _stray_bracket, _no_key, _late_quote, _indentation,
    _after_value, _content, _block_text, _directive, _other,
)  # fmt: skip
