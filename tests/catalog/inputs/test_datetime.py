from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from sklearn.preprocessing import StandardScaler

from mlpspec.catalog.inputs import Datetime
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.instants import NO_TIME
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.shape import Shape

TIMES = [datetime(1996, 12, 31, 23, 59, tzinfo=UTC), datetime(2024, 2, 29, 6, 30, tzinfo=UTC), datetime(2025, 7, 1, 12, tzinfo=UTC)]
FRAME = pl.DataFrame(
    {
        "time": TIMES,
        "day": [time.date() for time in TIMES],
        "text": [time.isoformat() for time in TIMES],
        "seconds": [int(time.timestamp()) for time in TIMES],
        "gap": [TIMES[0], None, TIMES[2]],
    }
)
LATER = np.array([[int(time.timestamp())] for time in TIMES])


def fitted(input_type, name="time", rows=None):
    return input_type.fit(name, ColumnReader(open_frame(FRAME), rows))


def encoded(item, raw=LATER):
    return run_program(item.program, {item.name: raw})[item.program.outputs[0]]


def round_(value, period):
    return [np.sin(2 * np.pi * value / period), np.cos(2 * np.pi * value / period)]


def test_parts_in_a_circle():
    item = fitted(Datetime(parts=("month", "day", "weekday", "hour", "minute")))
    expected = [
        [*round_(t.month - 1, 12), *round_(t.day - 1, 31), *round_(t.weekday(), 7), *round_(t.hour, 24), *round_(t.minute, 60)]
        for t in TIMES
    ]
    np.testing.assert_allclose(encoded(item), expected, atol=1e-7)
    assert (item.type, item.missing, item.facts) == ("seconds", "error", InputFacts(1, 10))


def test_parts_as_positions():
    item = fitted(Datetime(parts=("month", "hour"), encode="one_hot"))
    expected = np.zeros((3, 36))
    for row, time in enumerate(TIMES):
        expected[row, [time.month - 1, 12 + time.hour]] = 1
    assert encoded(item).tolist() == expected.tolist()
    assert item.facts == InputFacts(1, 36)


def test_the_year_is_a_number_of_the_training_rows():
    years = np.array([[time.year] for time in TIMES], float)
    expected = StandardScaler().fit(years[:2]).transform(years)
    np.testing.assert_allclose(encoded(fitted(Datetime(parts=("year",)), rows=np.arange(2))), expected, rtol=1e-6)


@pytest.mark.parametrize("column", ["time", "text", "seconds"])
def test_however_a_table_writes_it(column):
    assert encoded(fitted(Datetime(columns=(column,)))).tolist() == encoded(fitted(Datetime())).tolist()


def test_several_columns():
    item = fitted(Datetime(columns=("time", "day"), parts=("hour", "year")), "both")
    found = encoded(item, np.column_stack([LATER, LATER // 86_400 * 86_400]))
    assert found.shape == (3, 6)
    np.testing.assert_array_equal(found[:, [2, 3]], [[0, 1]] * 3)  # a day has the hour 0
    assert item.facts == InputFacts(2, 6)


def test_missing_times():
    with pytest.raises(DataError, match="column `gap` has 1 missing value") as error:
        fitted(Datetime(), "gap")
    assert "missing: median" in error.value.diagnostics[0].help
    item = fitted(Datetime(missing="median", missing_indicator=True), "gap")
    with_gap = encoded(item, np.array([[LATER[0, 0]], [NO_TIME], [LATER[2, 0]]]))
    assert with_gap[:, -1].tolist() == [0, 1, 0]
    assert with_gap[1, :-1].tolist() == with_gap[0, :-1].tolist()  # the earlier one of the middle two
    assert item.facts == InputFacts(1, 10)
    assert "missing: median" in (Datetime(missing_indicator=True).problem() or "")


def test_what_is_no_time():
    for frame, message in [
        ({"d": ["2024-02-29", "29.2.2024"]}, "`29.2.2024` is not a time"),
        ({"d": [1.5]}, "numbers with fractions"),
        ({"d": [True]}, "true and false"),
    ]:
        with pytest.raises(DataError, match=message):
            Datetime().fit("d", ColumnReader(open_frame(frame)))


def test_shapes_and_options():
    assert Datetime().network_input("d", None) == (Shape((9,)), "float32")
    assert Datetime(columns=("d*",), parts=("hour",)).network_input("d", None) == (Shape(("2*d.columns",)), "float32")
    assert Datetime().network_input("d", InputFacts(2, 18)) == (Shape((18,)), "float32")
    assert "twice" in (Datetime(parts=("hour", "hour")).problem() or "")
    assert Datetime().problem() is None
