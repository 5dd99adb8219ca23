import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError, UsageError
from mlpspec.exporting.settings import with_settings

TEXT = """\
mlpspec: 1
vars: {drop: 0.05}
inputs: {x: numeric}
targets: {y: numeric}
model: [{head: y}]
export: {precision: int8, quantization: dynamic, max_metric_drop: $drop}
"""


@pytest.fixture(scope="module")
def document():
    return loads(TEXT)


def said(document):
    options = document.spec.export
    return options.precision, options.quantization, options.max_metric_drop


def test_the_spec_decides_and_settings_override_it(document):
    assert said(with_settings(document, [])) == ("int8", "dynamic", 0.05)
    assert said(with_settings(document, ["export.precision=fp16"])) == ("fp16", "dynamic", 0.05)
    assert said(with_settings(document, ["export.quantization=static", "export.max_metric_drop=0"])) == ("int8", "static", 0.0)
    assert said(with_settings(loads(TEXT.split("export:")[0].replace("vars: {drop: 0.05}\n", "")), [])) == ("fp32", "static", 0.01)


@pytest.mark.parametrize(
    "setting", ["export.precision=int4", "export.max_metric_drop=-1", "export.max_metric_drop=nan", "export.presicion=int8"]
)
def test_settings_are_checked_like_the_spec(document, setting):
    with pytest.raises(SpecError):
        with_settings(document, [setting])


def test_other_sections_are_out_of_reach(document):
    with pytest.raises(UsageError, match="`training.epochs=1` is not a setting of the export"):
        with_settings(document, ["training.epochs=1"])


def test_a_quantization_without_int8_is_refused(document):
    with pytest.raises(UsageError, match="quantization is a choice at int8, and the precision is fp16"):
        with_settings(document, ["export.precision=fp16", "export.quantization=static"])


def test_what_the_network_does_not_give_is_refused(document):
    with pytest.raises(SpecError, match="no dropout|there is none before the head"):
        with_settings(document, ["export.uncertainty=mc_dropout"])
