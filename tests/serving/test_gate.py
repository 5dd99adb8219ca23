import asyncio

import pytest

from mlpspec.serving.gate import Gate
from mlpspec.serving.refusal import Refusal


def test_requests_are_counted_while_they_last():
    gate = Gate(10)
    with gate.admitted():
        with gate.admitted():
            assert gate.in_flight == 2
        assert gate.in_flight == 1
    with pytest.raises(ValueError), gate.admitted():
        raise ValueError
    assert gate.in_flight == 0


def test_bytes_are_counted_until_they_are_given_back():
    gate = Gate(10)
    gate.take(4)
    gate.take(6)
    with pytest.raises(Refusal) as caught:
        gate.take(1)
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
    gate.give_back(4)
    gate.take(3)


def test_closing_waits_for_what_is_under_way_and_takes_nothing_new():
    gate = Gate(10)

    async def scene():
        with gate.admitted():
            closing = asyncio.create_task(gate.close(seconds=0))
            await asyncio.sleep(0.05)
            assert not gate.ready
            with pytest.raises(Refusal) as caught, gate.admitted():
                raise AssertionError("not to be reached")
            assert caught.value.status == 503
            assert not closing.done()
        await asyncio.wait_for(closing, 5)

    asyncio.run(scene())


def test_a_closing_gate_takes_requests_for_a_while():
    gate = Gate(10)

    async def scene():
        closing = asyncio.create_task(gate.close(seconds=0.2))
        await asyncio.sleep(0.05)
        assert not gate.ready
        with gate.admitted():
            assert gate.in_flight == 1
        await asyncio.wait_for(closing, 5)
        with pytest.raises(Refusal), gate.admitted():
            raise AssertionError("not to be reached")

    asyncio.run(scene())
