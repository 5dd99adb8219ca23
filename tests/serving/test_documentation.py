"""docs/serving.md speaks of what there is."""

import json
import re
from pathlib import Path

import pytest

from mlpspec.cli.serve_command import main
from mlpspec.serving.service import Service

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")


def test_every_option_is_explained_and_exists():
    options = {name for option in main.params for name in option.opts if name.startswith("--")}
    common = {"--json", "--quiet", "--color", "--debug", "--threads", "--port"}
    written = set(re.findall(r"--[a-z][a-z0-9-]+", PAGE))
    of_others = {"--run", "--plot", "--model-repository"}
    assert written - of_others <= options
    assert options - written <= common


def test_every_figure_is_in_the_table(predictor, ask):
    ask("GET", "/v2")
    shown = set(re.findall(r"# TYPE (\S+)", ask("GET", "/metrics")[1]))
    assert shown == set(re.findall(r"`(mlpspec_[a-z_]+)[`{]", PAGE))


def test_every_path_is_there(predictor):
    paths = {route.path.replace("{name}", "NAME").replace("{version}", "1") for route in Service(predictor).app.routes}
    written = set(re.findall(r"`(?:GET|POST) (/\S+)`", PAGE))
    assert written <= paths
    assert {path for path in paths if "/versions/" not in path} == written


@pytest.mark.parametrize("command", re.findall(r"-d '(.*?)'\n```", PAGE, re.DOTALL))
def test_requests_are_json(command):
    assert json.loads(command)


@pytest.mark.parametrize("answer", re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
def test_answers_are_json(answer):
    assert json.loads(answer)
