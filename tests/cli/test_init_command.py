"""`mlpspec init`."""

import json

import pytest
import yaml

TABLE = "id,size,colour,price\n" + "".join(f"{n},{n % 7}.5,{'red' if n % 3 else 'NA'},{n * 2.5}\n" for n in range(60))


@pytest.fixture
def folder(tmp_path):
    """A folder with table.csv; its path."""
    (tmp_path / "table.csv").write_text(TABLE)
    return tmp_path


def test_prints_a_spec_that_is_valid(folder, cli):
    done = cli("init", "table.csv", "--target", "price")
    assert done.code == 0
    (folder / "spec.yaml").write_text(done.out)
    assert cli("validate", "spec.yaml").code == 0
    spec = yaml.safe_load(done.out)
    assert spec["targets"] == {"price": "numeric"}
    assert spec["inputs"] == {"size": "numeric"}  # one colour only, and an identifier
    assert done.out.startswith("# yaml-language-server: $schema=")


def test_writes_spec_and_schema_with_paths_from_the_spec_s_folder(folder, cli):
    (folder / "specs").mkdir()
    done = cli("init", "table.csv", "--target", "price", "-o", "specs/first.yaml")
    assert "mlpspec train specs/first.yaml" in done.out
    spec = yaml.safe_load((folder / "specs/first.yaml").read_text())
    assert spec["name"] == "first"
    assert spec["data"]["path"] == "../table.csv"
    assert json.loads((folder / "specs/.mlpspec/schema.json").read_text())["$schema"].endswith("2020-12/schema")
    assert cli("validate", "specs/first.yaml").code == 0


def test_never_overwrites_without_force(folder, cli):
    (folder / "first.yaml").write_text("mine")
    refused = cli("init", "table.csv", "--target", "price", "-o", "first.yaml")
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert (folder / "first.yaml").read_text() == "mine"
    assert cli("init", "table.csv", "--target", "price", "-o", "first.yaml", "--force").code == 0
    assert (folder / "first.yaml").read_text() != "mine"


def test_json(folder, cli):
    result = json.loads(cli("init", "table.csv", "--target", "price", "--json").out)["result"]
    assert result["columns"] == {"id": "skipped", "size": "numeric", "colour": "skipped"}
    assert result["path"] is None
    assert yaml.safe_load(result["spec"])["mlpspec"] == 1


def test_a_missing_column_is_named_with_near_ones(folder, cli):
    done = cli("init", "table.csv", "--target", "prise")
    assert (done.code, "did you mean `price`?" in done.err) == (2, True)


def test_a_column_that_cannot_be_a_target(folder, cli):
    done = cli("init", "table.csv", "--target", "colour")
    assert (done.code, "only the value 'red'" in done.err) == (4, True)


def test_a_table_without_inputs(folder, cli):
    (folder / "bare.csv").write_text("day,y\n" + "".join(f"{n}.1.2020,{n}\n" for n in range(1, 30)))
    done = cli("init", "bare.csv", "--target", "y")
    assert (done.code, "day: dates" in done.err) == (4, True)


def test_missing_targets_are_a_warning(folder, cli):
    (folder / "gaps.csv").write_text("x,y\n" + "".join(f"{n}.5,{'' if n == 3 else n % 2}\n" for n in range(60)))
    done = cli("init", "gaps.csv", "--target", "y")
    assert (done.code, "`y` has a missing value" in done.err) == (0, True)


def test_another_separator_is_written_into_the_spec(folder, cli):
    (folder / "table.csv").write_text(TABLE.replace(",", ";"))
    assert cli("init", "table.csv", "--target", "price").code == 4
    spec = yaml.safe_load(cli("init", "table.csv", "--target", "price", "--separator", ";").out)
    assert spec["data"]["separator"] == ";"


def test_data_from_elsewhere_needs_the_option_that_allows_it(folder, cli, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "table.csv"
    outside.write_text(TABLE)
    assert "--allow-outside" in cli("init", outside, "--target", "price", "-o", "spec.yaml").out
    assert cli("validate", "spec.yaml").code == 3
    assert cli("validate", "spec.yaml", "--allow-outside").code == 0


def test_the_spec_trains_at_once(folder, cli):
    assert cli("init", "table.csv", "--target", "price", "-o", "first.yaml").code == 0
    assert cli("train", "first.yaml", "--set", "training.epochs=2").code == 0
