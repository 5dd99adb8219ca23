from __future__ import annotations

import itertools

import optuna
import pytest

from mlpspec.diagnostics import ModelFileError, SpecError
from mlpspec.tuning.study import JOURNAL, Study, distribution, grid, mend

GRID = "tuning.parameters={vars.n: {range: [1, 7], step: 3}, vars.r: {range: [0.1, 0.5], step: 0.2}, vars.w: {choices: [x, [1, 2]]}}"
VARS = "vars={n: 1, r: 0.5, w: x}"


@pytest.fixture
def open_study(tmp_path, document, space):
    def open_(*settings, seed=0):
        one = document(*settings)
        return Study(tmp_path, one.spec.tuning, space(one), epochs=10, seed=seed)

    return open_


def test_distributions(document, space):
    units, rate, activation = map(distribution, space(document()))
    assert units == optuna.distributions.IntDistribution(2, 16, log=True)
    assert rate == optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True)
    assert activation == optuna.distributions.CategoricalDistribution(("relu", "tanh"))
    stepped = space(document(VARS, "tuning.parameters={vars.n: {range: [1, 9], step: 3}}"))[0]
    assert distribution(stepped) == optuna.distributions.FloatDistribution(1, 7, step=3)


def test_a_grid_has_every_combination_once(document, space):
    found = grid(space(document(VARS, GRID)), 1, 1000)
    wanted = set(itertools.product((1, 4, 7), (0.1, 0.3, 0.5), ("x", "[1, 2]")))
    assert {(v["vars.n"], round(v["vars.r"], 9), v["vars.w"]) for v in found} == wanted
    assert len(found) == len(wanted)
    assert len(grid(space(document(VARS, GRID)), 1, 5)) == 5
    with pytest.raises(SpecError, match="1,000,001 combinations"):
        grid(space(document("vars={n: 1.5}", "tuning.parameters={vars.n: {range: [0, 1e6], step: 1}}")), 1, 5)


def test_a_grid_is_worked_off(open_study):
    study = open_study(VARS, GRID, "tuning.sampler=grid", "tuning.trials=100")
    study.begin()
    for ticket in range(18):
        study.ask(ticket).finish(float(ticket))
    assert len({tuple(trial.values.values()) for trial in study.trials()}) == 18
    assert {trial.state for trial in study.trials()} == {"finished"}


@pytest.mark.parametrize("sampler", ["random", "tpe", "cmaes"])
def test_the_same_seed_tries_the_same(open_study, sampler, tmp_path):
    def values(seed):
        (tmp_path / JOURNAL).unlink(missing_ok=True)
        study = open_study(f"tuning.sampler={sampler}", seed=seed)
        found = []
        for ticket in range(14):
            trial = study.ask(ticket)
            trial.finish(trial.values["model.0.dense.units"])
            found.append(trial.values)
        return found

    assert values(1) == values(1) != values(2)


def test_random_trials_do_not_depend_on_who_asks(open_study, tmp_path):
    one = open_study("tuning.sampler=random")
    alone = [one.ask(ticket).values for ticket in range(4)]
    (tmp_path / JOURNAL).unlink()
    first, second = open_study("tuning.sampler=random"), open_study("tuning.sampler=random")
    assert [study.ask(ticket).values for ticket, study in enumerate((first, second, second, first))] == alone


def test_how_trials_end(open_study):
    study = open_study()
    ends = [study.ask(ticket) for ticket in range(5)]
    ends[0].finish(0.5)
    ends[1].fail("it was too wide")
    ends[2].report(3, 0.25)
    ends[2].prune()
    ends[3].interrupt()
    again = open_study().trials()
    assert [trial.state for trial in again] == ["finished", "failed", "pruned", "interrupted", "running", "waiting"]
    assert (again[0].objective, again[1].error, again[2].curve) == (0.5, "it was too wide", ((3, 0.25),))
    assert study.ask(5).values == ends[3].values  # what was interrupted is tried again first


def test_going_on_queues_what_was_under_way(open_study):
    study = open_study()
    running = study.ask(0)
    again = open_study()
    again.go_on()
    assert [trial.state for trial in again.trials()] == ["interrupted", "waiting"]
    assert again.ask(1).values == running.values


def test_median_pruner(open_study):
    """After five trials, one that is worse than the median of the others is given up, after a tenth of the epochs."""
    study = open_study("tuning.pruner=median")
    for ticket in range(5):
        trial = study.ask(ticket)
        for epoch in (1, 2, 3):
            assert not trial.report(epoch, 0.5 + ticket / 10)
        trial.finish(0.5 + ticket / 10)
    assert not study.ask(5).report(2, 0.9)
    assert study.ask(6).report(2, 0.1)


def test_a_damaged_journal(open_study, tmp_path):
    open_study().ask(0)
    path = tmp_path / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "wor')
    (tmp_path / f"{JOURNAL}.lock").symlink_to("gone")
    mend(path)
    assert path.read_bytes() == whole
    assert open_study().trials()[0].state == "running"
    path.write_bytes(b"not a journal\n" + whole)
    with pytest.raises(ModelFileError, match="the study cannot be read"):
        open_study()


def test_another_goal(open_study):
    open_study().ask(0)
    with pytest.raises(ModelFileError, match="other end"):
        open_study("tuning.maximize=null")


def test_importances(open_study):
    """What the objective follows explains it; with few trials there is nothing to say."""
    study = open_study("tuning.sampler=random")
    assert study.importances() == {}
    for ticket in range(30):
        trial = study.ask(ticket)
        trial.finish(float(trial.values["model.0.dense.units"]))
    found = study.importances()
    assert next(iter(found)) == "model.0.dense.units"
    assert sum(found.values()) == pytest.approx(1.0)
