"""The combinations that `tuning:` speaks of. What may be tried is tried on the spec when it is checked, long before a trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlpspec.diagnostics import Diagnostic, Label, Position, Severity, Span, SpecError, did_you_mean
from mlpspec.language.document import Document
from mlpspec.language.figures import figures
from mlpspec.language.flow import flow
from mlpspec.language.overrides import Step, existing, path_steps, put
from mlpspec.language.positions import Entry, Path, Positions
from mlpspec.language.sections.tuning import Parameter, Tuning
from mlpspec.language.tree import Tree

Try = Callable[[Tree], object]
"""Checks a spec from its tree on; raises SpecError with all that is wrong."""

FIXED = {
    "mlpspec": "it is the version of the language",
    "name": "it changes nothing",
    "seed": "chance is no property of a model, and other seeds divide the rows otherwise",
    "data": "trials could not be compared",
    "export": "it plays no part in training",
    "tuning": "it says what is tuned",
}
"""Sections that cannot be tuned, and why."""

_PARAMETERS = ("tuning", "parameters")


@dataclass(frozen=True)
class Dimension:
    """One parameter of the search: where its value goes, and which values there are.

    Numbers lie from `low` to `high`, `step` apart where there is one, whole ones where `whole`; `choices` are the values instead.
    """

    name: str
    steps: Sequence[Step]
    low: Tree | None = None
    high: Tree | None = None
    step: float | None = None
    log: bool = False
    whole: bool = False
    choices: Sequence[Tree] = ()

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest number; with a step the highest that is reached."""
        assert self.low is not None
        assert self.high is not None
        low, high = float(self.low.data), float(self.high.data)
        if self.step is not None:
            high = low + math.floor((high - low) / self.step + 1e-9) * self.step
        return low, high

    @property
    def labels(self) -> tuple[str, ...]:
        """The choices in the words of the language."""
        return tuple(flow(choice.data) for choice in self.choices)

    @property
    def count(self) -> int | None:
        """How many values there are; None for a continuum."""
        if self.choices:
            return len(self.choices)
        low, high = self.ends
        step = self.step or (1.0 if self.whole else None)
        return None if step is None else round((high - low) / step) + 1

    def value(self, value: Any) -> Tree:
        """A number, or the label of a choice, as what is put into the spec. Numbers have no more digits than tell them apart."""
        if self.choices:
            return self.choices[self.labels.index(value)]
        assert self.low is not None
        return _at_place_of(self.low, int(value) if self.whole else self._rounded(float(value)))

    def _rounded(self, value: float) -> float:
        low, high = self.ends
        digits = 4 if self.log else max(1, math.ceil(math.log10(max(abs(low), abs(high)) / (high - low))) + 4)
        return min(max(float(f"{value:.{digits}g}"), low), high)


def dimensions(document: Document, try_: Try) -> list[Dimension]:
    """The search space of a spec that was checked."""
    return _Survey(document, try_).dimensions()


def check_tuning(document: Document, try_: Try) -> Iterator[Diagnostic]:
    """Is the objective a figure of training, does every path lead somewhere, and does the spec take every value there?

    Each end of a range and each choice is put into the spec alone. What the spec refuses of the value itself is an error; a contradiction
    with other parts of the spec may vanish in combination with other values and is a warning.
    """
    tuning = document.spec.tuning
    if tuning is None:
        return
    yield from _check_objective(document, tuning)
    survey = _Survey(document, try_)
    found = survey.dimensions()
    yield from survey.findings
    if not survey.failed and tuning.sampler == "grid":
        for dimension in found:
            if dimension.count is None:
                message = f"`sampler: grid` tries all values, and `{dimension.name}` has a continuum of them"
                yield document.diagnostic("invalid-spec", message, (*_PARAMETERS, dimension.name), help="give it a `step`, or `choices`")


class _Survey:
    """Tries the values of all parameters, and collects what is wrong with them."""

    def __init__(self, document: Document, try_: Try):
        assert document.written is not None
        assert document.spec.tuning is not None
        self.document, self.try_ = document, try_
        self.tuning = document.spec.tuning
        self.written = document.written
        self.base = without_tuning(self.written)
        self.findings: list[Diagnostic] = []
        self.places: dict[Path, str] = {}

    @property
    def failed(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def dimensions(self) -> list[Dimension]:
        found = [self.dimension(name, parameter) for name, parameter in self.tuning.parameters.items()]
        return [dimension for dimension in found if dimension is not None]

    def dimension(self, name: str, parameter: Parameter) -> Dimension | None:
        """A parameter's values; None, with findings, when something is wrong with it."""
        before = len(self.findings)
        self.findings += _check_form(self.document, name, parameter)
        steps = self.steps(name)
        if len(self.findings) > before or steps is None:
            return None
        at = (*_PARAMETERS, name)
        if parameter.choices is not None:
            choices = [self.written.at((*at, "choices", place)) for place in range(len(parameter.choices))]
            for choice in choices:
                self.attempt(name, steps, choice)
            return Dimension(name, steps, choices=choices)
        low, high = (_number(self.document.tree.at((*at, "range", place))) for place in (0, 1))
        for end in (low, high):
            self.attempt(name, steps, end)
        whole = float(low.data).is_integer() and float(high.data).is_integer() and self.takes_whole_numbers_only(steps, low)
        if whole and parameter.step is not None and not float(parameter.step).is_integer():
            message = f"`{name}` takes whole numbers, and `step` is {parameter.step:g}"
            self.findings.append(self.document.diagnostic("out-of-range", message, (*at, "step"), help="write a whole number"))
        if whole and parameter.log and parameter.step is not None and parameter.step != 1:
            self.findings.append(self.document.diagnostic("invalid-spec", _LOG_STEP, (*at, "step"), at_key=True, help=_ONE_OF_BOTH))
        return Dimension(name, steps, low, high, parameter.step, parameter.log, whole)

    def steps(self, name: str) -> list[Step] | None:
        """The path of a parameter, when it leads somewhere that may be tuned."""
        at = (*_PARAMETERS, name)
        place = self.written.positions.key(at) or self.written.positions.place(at)
        try:
            steps = path_steps(name, place)
        except SpecError as error:
            self.findings += error.diagnostics
            return None
        first, known = steps[0], self.base.data
        if first.text in FIXED:
            self.report(first, "invalid-spec", f"`{first.text}` cannot be tuned: {FIXED[first.text]}", "tune the model or its training")
            return None
        if first.text == "vars" and not (len(steps) > 1 and steps[1].text in (known.get("vars") or {})):
            wrong = steps[min(1, len(steps) - 1)]
            names = known.get("vars") or {}
            help = did_you_mean(wrong.text, names) or "define it: `vars: {width: 64}`, and use it as `$width`"
            self.report(wrong, "undefined-variable", f"there is no variable `{wrong.text}`", help)
            return None
        try:
            path = existing(self.base, steps)
        except SpecError as error:
            self.findings += error.diagnostics
            return None
        path += tuple(step.text for step in steps[len(path) :])
        for other, its_name in self.places.items():
            short = min(len(other), len(path))
            if path[:short] == other[:short]:
                self.report(steps[-1], "duplicate-name", f"`{name}` and `{its_name}` are about the same value", "keep one of them")
                return None
        self.places[path] = name
        return steps

    def report(self, step: Step, code: str, message: str, help: str) -> None:
        self.findings.append(Diagnostic(code, message, primary=Label(step.span), help=help))

    def attempt(self, name: str, steps: Sequence[Step], value: Tree) -> None:
        """Put one value into the spec, and take down what is wrong with it there."""
        problems = self.wrong_with(steps, value)
        extent = _extent(self.written.positions.at((*_PARAMETERS, name)).root)
        own = [problem for problem in problems if any(_within(label.span, extent) for label in _labels(problem))]
        if own:
            known = {(finding.code, finding.message) for finding in self.findings}
            self.findings += [problem for problem in own if (problem.code, problem.message) not in known]
        elif problems:
            message = f"with {flow(value.data)} for `{name}` alone the spec is invalid: {problems[0].message}"
            label = Label(value.positions.value(()))
            help = "such trials fail, unless other values mend it"
            self.findings.append(Diagnostic("invalid-spec", message, Severity.WARNING, label, help=help))

    def takes_whole_numbers_only(self, steps: Sequence[Step], low: Tree) -> bool:
        """Whether a fraction is refused where the number goes."""
        return any(problem.code == "wrong-type" for problem in self.wrong_with(steps, _at_place_of(low, float(low.data) + 0.5)))

    def wrong_with(self, steps: Sequence[Step], value: Tree) -> list[Diagnostic]:
        try:
            self.try_(put(self.base, steps, value))
        except SpecError as error:
            return [problem for problem in error.diagnostics if problem.severity is Severity.ERROR]
        return []


def without_tuning(tree: Tree) -> Tree:
    """The spec without its `tuning:` section."""
    return replace(tree, data={name: value for name, value in tree.data.items() if name != "tuning"})


def with_values(document: Document, dimensions: Sequence[Dimension], values: Mapping[str, Any]) -> Tree:
    """The spec, as it was written, with a value for each dimension; numbers, or the labels of choices."""
    assert document.written is not None
    tree = document.written
    for dimension in dimensions:
        tree = put(tree, dimension.steps, dimension.value(values[dimension.name]))
    return tree


_LOG_STEP = "`log` and `step` contradict each other: a factor is no distance"
_ONE_OF_BOTH = "keep one of them"


def _check_objective(document: Document, tuning: Tuning) -> Iterator[Diagnostic]:
    known = figures(document.spec)
    at = ("tuning", "maximize" if tuning.maximize is not None else "minimize")
    if tuning.objective not in known:
        help = did_you_mean(tuning.objective, known)
        yield document.diagnostic("unknown-name", f"training has no figure `{tuning.objective}`", at, help=help)
        return
    if known[tuning.objective] != tuning.goal:
        word, other = ("maximize", "minimize") if tuning.goal == "max" else ("minimize", "maximize")
        message = f"`{tuning.objective}` is better when it is {'small' if tuning.goal == 'max' else 'large'}"
        yield document.diagnostic("invalid-spec", message, (at[0], word), at_key=True, help=f"write `{other}: {tuning.objective}`")
    if tuning.objective.startswith("validation.") and not document.spec.data.has_validation_rows:
        help = "give `split` a validation part, or minimize `train.loss`"
        yield document.diagnostic("bad-split", f"`{tuning.objective}` needs validation rows, and there are none", at, help=help)


def _check_form(document: Document, name: str, parameter: Parameter) -> Iterator[Diagnostic]:
    """Is there one way of saying the values, and does it make sense?"""
    at = (*_PARAMETERS, name)

    def wrong(code: str, message: str, key: str, help: str, *, at_key: bool = False) -> Diagnostic:
        return document.diagnostic(code, message, (*at, key) if key else at, at_key=at_key or not key, help=help)

    if (parameter.range is None) == (parameter.choices is None):
        both = parameter.range is not None
        message = f"`{name}` has {'both `range` and `choices`' if both else 'neither `range` nor `choices`'}"
        yield wrong("invalid-spec" if both else "missing-option", message, "", "e.g. `range: [16, 256]`, or `choices: [relu, gelu]`")
    if parameter.choices is not None:
        for option in ("log", "step"):
            if getattr(parameter, option):
                yield wrong("invalid-spec", f"`{option}` belongs to a `range`, not to `choices`", option, "remove it", at_key=True)
    if parameter.range is None:
        return
    if len(parameter.range) != 2:
        count = len(parameter.range)
        yield wrong("wrong-form", f"a range is the lowest and the highest number, here are {count}", "range", "write e.g. [16, 256]")
        return
    low, high = parameter.range
    if low >= high:
        yield wrong("out-of-range", f"the range {low:g} to {high:g} is empty", "range", "write the lower number first")
    elif parameter.log and low <= 0:
        yield wrong("out-of-range", f"a logarithmic range begins above 0, this one at {low:g}", "range", "raise it, or remove `log`")
    elif parameter.log and parameter.step is not None and not (low.is_integer() and high.is_integer()):
        yield wrong("invalid-spec", _LOG_STEP, "step", _ONE_OF_BOTH, at_key=True)
    elif parameter.step is not None and parameter.step > high - low:
        yield wrong("out-of-range", f"`step` is {parameter.step:g}, more than the range of {high - low:g}", "step", "write a smaller step")


def _number(tree: Tree) -> Tree:
    """A number as the language writes it best: whole ones without a point."""
    value = float(tree.data)
    return replace(tree, data=int(value) if value.is_integer() and abs(value) < 1e15 else value)


def _at_place_of(tree: Tree, data: Any) -> Tree:
    return Tree(data, Positions(Entry(tree.positions.value(()))), tree.source)


def _labels(problem: Diagnostic) -> list[Label]:
    return [*([problem.primary] if problem.primary else []), *problem.secondary]


def _extent(entry: Entry) -> tuple[Any, Position, Position]:
    """The text of a value with all that it holds, its key included."""
    starts, ends = [entry.value.start, *([entry.key.start] if entry.key else [])], [entry.value.end]
    for child in entry.children.values():
        _, start, end = _extent(child)
        starts.append(start)
        ends.append(end)
    return entry.value.source, min(starts), max(ends)


def _within(span: Span, extent: tuple[Any, Position, Position]) -> bool:
    source, start, end = extent
    return span.source is source and start <= span.start and span.end <= end
