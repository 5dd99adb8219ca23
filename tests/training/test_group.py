"""What a process does alone; what several do together is in test_several_processes.py."""

from __future__ import annotations

import json

import pytest
import torch

from mlpspec.compiler import loads
from mlpspec.diagnostics import DataError
from mlpspec.training.group import Group, LostPeerError, elastic_run
from mlpspec.training.run_folder import RunFolder


def test_a_process_alone_is_a_group():
    group = Group.join({})
    assert group == Group(rank=0, size=1, local_rank=0)
    assert group.leads
    assert group.agree({"a": 1}) == {"a": 1}
    assert group.greatest(3) == 3
    assert group.add_up(torch.ones(2)).tolist() == [1.0, 1.0]
    assert group.together(lambda: 7) == 7
    with pytest.raises(DataError):
        group.together(_fails)


def test_all_take_over_what_the_leading_process_has(threads_as_group):
    threads = threads_as_group(3)

    def work(group):
        norm = torch.nn.BatchNorm1d(2)
        norm.running_mean.fill_(group.rank + 1.0)
        norm.num_batches_tracked.fill_(7 - group.rank)
        group.follow(norm.buffers())
        return [buffer.tolist() for buffer in norm.buffers()]

    assert threads.run(work) == [[[1.0, 1.0], [1.0, 1.0], 7]] * 3
    assert threads.messages == 2  # one for each dtype
    assert threads.run(lambda group: group.agree({"said by": group.rank})) == [{"said by": 0}] * 3
    assert threads.run(lambda group: group.greatest(group.rank)) == [2, 2, 2]


def _fails():
    raise DataError("no rows")


@pytest.mark.parametrize("said", ["[..] Connection closed by peer [127.0.0.1]:41325", "NCCL communicator was aborted", "Timed out waiting"])
def test_a_broken_connection_is_told_in_plain_words(said):
    with pytest.raises(LostPeerError, match="another of the 2 processes of this run ended"), Group(1, 2, 1).lost_peers_named():
        raise RuntimeError(said)


def test_other_faults_stay_what_they_are():
    with pytest.raises(RuntimeError, match="mat1 and mat2"), Group(1, 2, 1).lost_peers_named():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def test_a_restart_by_torchrun_goes_on_with_the_run_of_the_same_job(tmp_path):
    document = loads("mlpspec: 1\nname: small\ninputs: {x: numeric}\ntargets: {y: numeric}\nmodel: [{head: y}]\n")
    first, again = {"TORCHELASTIC_RUN_ID": "j1"}, {"TORCHELASTIC_RUN_ID": "j1", "TORCHELASTIC_RESTART_COUNT": "1"}
    assert elastic_run(document, tmp_path, again) is None  # nothing was begun
    run = RunFolder.create("small", tmp_path)
    (run.path / "run.json").write_text(json.dumps({"format": 1, "job": "j1"}))
    assert elastic_run(document, tmp_path, again) is None  # nothing was saved
    (run.path / "checkpoints" / "last").write_text("last-000001-000000\n")
    assert elastic_run(document, tmp_path, first) is None  # no restart
    found = elastic_run(document, tmp_path, again)
    assert found is not None
    assert found.path.resolve() == run.path.resolve()
    assert elastic_run(document, tmp_path, {**again, "TORCHELASTIC_RUN_ID": "j2"}) is None  # another job
