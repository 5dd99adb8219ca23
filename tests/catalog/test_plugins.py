from __future__ import annotations

import sys
from textwrap import dedent

import pytest

from mlpspec import catalog
from mlpspec.catalog import plugins
from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.entry import Family
from mlpspec.catalog.metrics.base import Metric
from mlpspec.diagnostics import Severity

GOOD = """
    from mlpspec.catalog.activations.base import Activation
    from mlpspec.ir.lowering import Module

    class Twice(Activation):
        '''x + x.'''

        kind = "twice"

        def lower(self, shape):
            return Module("nn.Identity")

    ENTRIES = [Twice]
"""


@pytest.fixture
def families():
    """Tables of the test's own: those of the catalog stay as they are."""
    return (Family("activation", Activation, (Relu,)), Family("metric", Metric, ()))


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package with one entry point on the path, as pip would leave it: `install("mlpspec-twice", code)`."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = []

    def put(package: str, code: str | None) -> None:
        module = package.replace("-", "_")
        modules.append(module)
        if code is not None:
            (tmp_path / f"{module}.py").write_text(dedent(code))
        facts = tmp_path / f"{module}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text(f"[mlpspec.catalog]\n{package}-entries = {module}\n")

    yield put
    for module in modules:
        sys.modules.pop(module, None)


def test_the_entries_of_a_plugin_join_the_family_of_their_base(install, families):
    install("mlpspec-twice", GOOD)
    assert plugins.load_plugins(families) == ()
    assert families[0].names() == ["relu", "twice"]
    assert families[1].names() == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, "ModuleNotFoundError"),
        ("raise RuntimeError('no licence')", "no licence"),
        ("def broken(:", "SyntaxError"),
        ("OTHER = []", "ENTRIES"),
        ("ENTRIES = 3", "TypeError"),
        ("ENTRIES = [3]", "`3`"),
        ("ENTRIES = [str]", "no family"),
        (GOOD.replace('kind = "twice"', ""), "kind"),
        (GOOD.replace('kind = "twice"', 'kind = "relu"'), "exists already"),
        (GOOD.replace('kind = "twice"', 'kind = "twice"; slope: float = 1.0'), "slope"),
    ],
    ids=["absent", "raises", "syntax", "no-entries", "no-list", "no-class", "no-family", "no-kind", "taken", "no-option"],
)
def test_a_plugin_that_fails_is_named_and_the_others_work(install, families, code, words):
    install("mlpspec-a-broken", code)
    install("mlpspec-twice", GOOD)
    (problem,) = plugins.load_plugins(families)
    assert problem.code == "plugin-failed"
    assert problem.severity is Severity.WARNING
    assert "mlpspec-a-broken" in problem.message
    assert words in problem.message
    assert "mlpspec-a-broken" in problem.help
    assert families[0].names() == ["relu", "twice"]


def test_a_broken_entry_does_not_take_the_plugin_s_others_along(install, families):
    install("mlpspec-twice", GOOD.replace("ENTRIES = [Twice]", "ENTRIES = [int, Twice]"))
    assert [problem.code for problem in plugins.load_plugins(families)] == ["plugin-failed"]
    assert "twice" in families[0]


def test_plugins_are_loaded_once(install, families):
    install("mlpspec-twice", GOOD)
    assert plugins.load_plugins(families) == plugins.load_plugins(families) == ()


def test_the_catalog_asks_for_plugins_once_and_keeps_their_problems(install, families, monkeypatch):
    install("mlpspec-broken", "raise RuntimeError('no licence')")
    monkeypatch.setattr(catalog, "families", lambda: families)
    assert [problem.place for problem in plugins.plugin_problems()] == ["mlpspec_broken"]
    assert plugins.plugin_problems() is plugins.plugin_problems()


def test_without_plugins_there_are_no_problems():
    assert plugins.plugin_problems() == ()
