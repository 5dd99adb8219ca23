import torch


def test_the_printed_network_runs_on_its_own(cli, small):
    outcome = cli("compile", "spec.yaml", "-o", "model.py")
    assert outcome.code == 0
    space = {}
    exec(compile((small / "model.py").read_text(), "model.py", "exec"), space)
    network = space["Small"]()
    assert network(torch.zeros(5, 1), torch.zeros(5, 3))["kind"].shape == (5, 2)


def test_standard_output_is_the_default(cli, small):
    assert cli("compile", "spec.yaml").out.startswith('"""The network `small`')
