import pytest

from mlpspec.language.reference import topics


@pytest.mark.parametrize("topic", topics())
def test_everything_can_be_explained(topic, cli):
    outcome = cli("explain", topic)
    assert outcome.code == 0
    assert len(outcome.out) > 20


def test_an_entry_comes_with_its_options_and_an_example(cli):
    text = cli("explain", "dense").out
    assert "| `units` | whole number, ≥ 1" in text
    assert "    dense: 64" in text
    assert "linear, batch norm, activation, dropout" in text


def test_a_mistyped_topic_is_corrected(cli):
    outcome = cli("explain", "densse")
    assert outcome.code == 2
    assert "did you mean `dense`" in outcome.err
