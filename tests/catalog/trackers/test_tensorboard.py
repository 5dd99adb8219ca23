"""The event files, read by TensorBoard itself."""

import pytest

from mlpspec.catalog.trackers import TensorBoard, Tracker
from mlpspec.testing import check_options

pytest.importorskip("tensorboard")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard", "ignore::DeprecationWarning:google")


def events(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder / "tensorboard"))
    accumulator.Reload()
    return accumulator


def test_options():
    check_options(TensorBoard(), Tracker)


def test_figures_over_epochs_and_those_at_the_end(logged):
    found = events(logged(TensorBoard()))
    assert set(found.Tags()["scalars"]) == {"train/loss", "learning_rate", "final/train/loss", "final/test/loss"}
    losses = found.Scalars("train/loss")
    assert [(event.step, event.wall_time) for event in losses] == [(number, 1_750_000_000.0 + number) for number in (1, 2, 3)]
    assert [event.value for event in losses] == pytest.approx([1, 1 / 2, 1 / 3])
    [final] = found.Scalars("final/test/loss")
    assert (final.step, final.value) == (3, 0.5)
    [text] = found.Tensors("spec/text_summary")
    assert b"name: small" in text.tensor_proto.string_val[0]


def test_epochs_that_are_done_again_replace_those_before(logged):
    losses = events(logged(TensorBoard(), again=True)).Scalars("train/loss")
    assert [event.step for event in losses] == [1, 2, 3]
    assert losses[-1].value == pytest.approx(0.125)
