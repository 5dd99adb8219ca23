from __future__ import annotations

import pytest

from mlpspec.diagnostics import UsageError
from mlpspec.runtime.device import CudaOptions, Device, DeviceChoice


@pytest.mark.parametrize(
    ("text", "device"), [("auto", Device("auto")), ("cpu", Device("cpu")), ("cuda", Device("cuda", 0)), ("cuda:12", Device("cuda", 12))]
)
def test_parse(text, device):
    assert Device.parse(text) == device


@pytest.mark.parametrize(
    ("text", "hint"),
    [("gpu", "`cuda`"), ("GPU:0", "`cuda`"), ("cud", "`cuda`"), ("cuda:x", "cuda"), ("cuda:-1", "cuda"), ("", "known"), ("CPU", "`cpu`")],
)
def test_others_are_refused_with_a_hint(text, hint):
    with pytest.raises(UsageError) as caught:
        Device.parse(text)
    assert hint in caught.value.diagnostics[0].help


def test_names():
    assert str(Device("cuda", 1)) == "cuda:1"
    assert str(DeviceChoice("cpu", "as asked")) == "cpu, as asked"
    assert DeviceChoice("cuda:0", "H200").is_cuda
    assert not DeviceChoice("cpu", "as asked").is_cuda


@pytest.mark.parametrize(("options", "fact"), [({"memory_limit": 0}, "0 bytes"), ({"cuda_graph": "yes"}, "cuda_graph is 'yes'")])
def test_options_that_are_none(options, fact):
    with pytest.raises(UsageError, match=fact) as caught:
        CudaOptions(**options)
    assert caught.value.diagnostics[0].help
