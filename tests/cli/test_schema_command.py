import json


def test_the_schema_is_json_on_stdout(cli):
    assert json.loads(cli("schema").out)["title"].startswith("mlpspec")


def test_it_can_be_written_to_a_file(cli, tmp_path):
    assert cli("schema", "-o", "s.json").code == 0
    assert json.loads((tmp_path / "s.json").read_text())["$schema"].endswith("2020-12/schema")


def test_a_folder_that_is_not_there_is_a_machine_fault(cli):
    assert cli("schema", "-o", "nowhere/s.json").code == 6
