import sys

import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.serving.extra import PACKAGES, require_serving


def test_what_is_installed_is_enough():
    require_serving()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_package_says_how_to_get_it(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # importing it then raises ImportError
    with pytest.raises(MachineError, match=package) as caught:
        require_serving()
    (found,) = caught.value.diagnostics
    assert (caught.value.exit_code, found.code, found.help) == (6, "missing-package", "pip install 'mlpspec[serve]'")
