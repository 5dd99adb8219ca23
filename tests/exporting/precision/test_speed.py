import numpy as np

from mlpspec.exporting.precision import speed
from mlpspec.exporting.precision.speed import measure_speed


def test_more_work_takes_longer(monkeypatch, export_untrained, frame):
    """A hundred times the arithmetic must show in rows a second; both see the same rows."""
    monkeypatch.setattr(speed, "SECONDS", 0.02)
    layers = "model: [{dense: UNITS}, {dense: UNITS}, {head: kind}]"
    text = f"mlpspec: 1\ninputs: {{colour: category, a: numeric}}\ntargets: {{kind: category}}\n{layers}\n"
    models = {name: export_untrained(text.replace("UNITS", units), frame) for name, units in (("small", "8"), ("large", "512"))}
    rows = models["small"].rows
    found = measure_speed({name: made.model.SerializeToString() for name, made in models.items()}, rows)
    assert list(found) == ["small", "large"]
    assert found["small"].rows_per_second > 3 * found["large"].rows_per_second
    for one in found.values():
        assert one.bulk == 4096
        assert 0 < one.latency < 1


def test_a_large_batch_has_its_limit_in_bytes(monkeypatch, export_untrained, frame):
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    monkeypatch.setattr(speed, "BULK_BYTES", 100)
    text = "mlpspec: 1\ninputs: {image: tensor}\ntargets: {kind: category}\nmodel: [flatten, {head: kind}]\n"
    made = export_untrained(text, frame)
    [found] = measure_speed({"only": made.model.SerializeToString()}, {"image": made.rows["image"].astype(np.float32)}).values()
    assert found.bulk == 100 // (2 * 3 * 4)
