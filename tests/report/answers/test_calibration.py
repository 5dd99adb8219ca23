from __future__ import annotations

import numpy as np

from mlpspec.report.answers.calibration import calibration


def test_the_table_has_the_numbers_of_the_picture(blocks):
    came_true = np.array([True, True, False, True])
    found = blocks([calibration("x", came_true, np.array([0.91, 0.93, 0.95, 0.31]), said="said", seen="seen")])
    assert [row[:4] for row in found.table("Calibration")] == [["0.3 to 0.4", "1", "31 %", "100 %"], ["0.9 to 1.0", "3", "93 %", "66.7 %"]]
    assert found.pictures == 1
