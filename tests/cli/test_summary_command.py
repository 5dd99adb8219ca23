import json


def test_layers_shapes_and_parameters(cli, small):
    outcome = cli("summary", "spec.yaml", "--json")
    found = json.loads(outcome.out)["result"]
    assert [layer["name"] for layer in found["layers"]] == ["inputs", "dense_1", "head_kind"]
    assert found["parameters"] == (1 + 3) * 8 + 8 + 8 * 2 + 2
    assert found["layers"][1]["flops_per_row"] == 2 * 4 * 8
    assert found["weight_bytes"] == 4 * found["parameters"]


def test_without_data_sizes_are_names(cli, small):
    outcome = cli("summary", "spec.yaml", "--no-data")
    assert outcome.code == 0
    assert "colour" in outcome.out
    assert "? parameters" in outcome.out


def test_the_table_is_aligned(cli, small):
    lines = cli("summary", "spec.yaml").out.splitlines()
    column = lines[0].index("output")
    assert all(line[column] == "(" for line in lines[1:6] if line)
