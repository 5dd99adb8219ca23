from __future__ import annotations

import time

from mlpspec.training.compiled.timing import first_is_faster


def test_finds_the_faster():
    def slow():
        time.sleep(0.002)

    def fast():
        time.sleep(0.0001)

    assert first_is_faster(fast, slow)
    assert not first_is_faster(slow, fast)
