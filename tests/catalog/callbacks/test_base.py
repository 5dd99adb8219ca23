"""A callback from a package that somebody has installed, through the real command line."""

import os
import subprocess
import sys
from textwrap import dedent

CODE = """
    from mlpspec import Callback
    from mlpspec.catalog.callbacks.base import CallbackEntry
    from mlpspec.catalog.option import option


    class StopAt(CallbackEntry):
        '''Stop after so many epochs.'''

        kind = "stop_at"
        main = "epochs"
        alters_weights = False
        reason = "stopped by a plugin"

        epochs: int = option(minimum=1, doc="How many.")

        def begin(self):
            return Stopper(self.epochs)


    class Stopper(Callback):
        def __init__(self, epochs):
            self.epochs, self.seen = epochs, 0

        def on_start(self, run):
            self.judge(run)

        def on_epoch_end(self, run):
            self.seen += 1
            self.judge(run)

        def judge(self, run):
            if self.seen >= self.epochs:
                run.stop("stopped by a plugin")

        def state(self):
            return {"seen": self.seen}

        def load_state(self, state):
            self.seen = state["seen"]


    ENTRIES = [StopAt]
"""


def test_it_is_checked_it_stops_and_it_goes_on(tmp_path, small):
    package = tmp_path / "package"
    facts = package / "mlpspec_stop_at-1.0.dist-info"
    facts.mkdir(parents=True)
    (package / "mlpspec_stop_at.py").write_text(dedent(CODE))
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: mlpspec-stop-at\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[mlpspec.catalog]\nstop = mlpspec_stop_at\n")
    path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])

    def train(written, *more):
        command = [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "-q", "--set", f"training.callbacks=[{written}]"]
        settings = ("--set", "training.epochs=9")
        return subprocess.run(
            [*command, *settings, *more], cwd=small, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
        )

    wrong = train("{stop_at: 0}")
    assert (wrong.returncode, "`stop_at` must be at least 1" in wrong.stderr) == (3, True)
    first = train("{stop_at: 2}")
    assert "stopped by a plugin after" in first.stdout, first.stderr
    same = train("{stop_at: 2}", "--resume")
    assert (same.returncode, "already complete: 2 epochs" in same.stderr) == (2, True)
    assert train("{stop_at: 5}", "--resume").returncode == 0
    [metrics] = (small / "runs").glob("small/2*/metrics.jsonl")
    assert len(metrics.read_text().splitlines()) == 5
