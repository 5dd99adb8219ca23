import json
import subprocess
import sys

import pytest

from mlpspec.cli.main import COMMANDS
from mlpspec.version import __version__


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name, cli):
    outcome = cli(name, "--help")
    assert outcome.code == 0
    assert f"Usage: mlpspec {name}" in outcome.out
    assert f"mlpspec {name}" in outcome.out.split("Examples:")[1]
    assert "--json" in outcome.out


def test_a_bare_call_is_a_short_guide(cli):
    outcome = cli()
    assert outcome.code == 0
    assert all(name in outcome.out for name in COMMANDS)


def test_the_version_is_one_line(cli):
    assert cli("--version").out == f"mlpspec {__version__}\n"


def test_a_mistyped_command_is_corrected(cli):
    outcome = cli("trian")
    assert outcome.code == 2
    assert "did you mean `train`" in outcome.err


def test_a_mistyped_flag_is_a_usage_error(cli):
    outcome = cli("validate", "--jsn", "x.yaml")
    assert outcome.code == 2
    assert "--jsn" in outcome.err


def test_usage_errors_are_json_too(cli):
    outcome = cli("trian", "--json")
    assert outcome.code == 2
    assert json.loads(outcome.out)["diagnostics"][0]["code"] == "usage"


def test_an_unknown_fault_asks_for_a_report(cli, monkeypatch, tmp_path):
    (tmp_path / "spec.yaml").write_text("mlpspec: 1\n")
    monkeypatch.setattr("mlpspec.compiler.load", lambda *_, **__: 1 / 0)
    with pytest.raises(AssertionError, match="internal-error"):  # the fixture refuses exit code 1, and shows what was said
        cli("validate", "spec.yaml")


def test_a_reader_that_leaves_early_ends_the_command_quietly(tmp_path):
    """Row R10: a pipe into `head`."""
    command = f"{sys.executable} -m mlpspec schema | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert len(done.stdout) == 10
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


def test_a_full_disk_behind_stdout_is_a_machine_fault():
    """Row R10."""
    done = subprocess.run(f"{sys.executable} -m mlpspec schema > /dev/full", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"NO_COLOR": "1"}, {"TERM": "dumb", "COLUMNS": "20"}])
def test_poor_terminals_get_words_too(environment, tmp_path):
    """Row R10."""
    (tmp_path / "spec.yaml").write_text("mlpspec: 1\nname: ünï\n", encoding="utf-8")
    env = {"PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "mlpspec", "validate", "spec.yaml"], capture_output=True, cwd=tmp_path, env=env, check=False
    )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stderr


def test_colour_when_asked(cli, tmp_path):
    (tmp_path / "spec.yaml").write_text("mlpspec: 1\n")
    assert "\x1b[" in cli("validate", "spec.yaml", "--color", "always").err
    assert "\x1b[" not in cli("validate", "spec.yaml").err
