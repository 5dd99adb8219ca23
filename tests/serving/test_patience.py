from types import SimpleNamespace

from mlpspec.serving.patience import Patience


class Connection:
    """As much of uvicorn's protocol as is looked at."""

    def __init__(self, cycle=None, clock=None):
        self.cycle, self.timeout_keep_alive_task, self.closed = cycle, clock, False
        self.transport = SimpleNamespace(close=self._close)

    def _close(self):
        self.closed = True


def test_a_connection_that_says_nothing_is_closed():
    connection, patience = Connection(), Patience(10)
    for now in (0, 5, 10):
        patience.sweep([connection], now)
    assert not connection.closed
    patience.sweep([connection], 11)
    assert connection.closed


def test_connections_at_work_or_on_uvicorns_own_clock_are_left_alone():
    working = Connection(SimpleNamespace(response_complete=False))
    idle = Connection(SimpleNamespace(response_complete=True), clock=object())
    patience = Patience(10)
    for now in (0, 100):
        patience.sweep([working, idle], now)
    assert not working.closed
    assert not idle.closed


def test_the_clock_starts_anew_after_each_request():
    connection, patience = Connection(), Patience(10)
    patience.sweep([connection], 0)
    connection.cycle = SimpleNamespace(response_complete=True)
    patience.sweep([connection], 9)
    patience.sweep([connection], 15)
    assert not connection.closed
    patience.sweep([connection], 20)
    assert connection.closed
