import logging
import sys
import warnings

import pytest

from mlpspec.exporting.precision.no_trace import no_trace


def test_what_a_library_does_inside_is_gone_afterwards(capfd, recwarn):
    handlers, path = list(logging.root.handlers), list(sys.path)
    with no_trace():
        logging.basicConfig(force=True)
        logging.error("remark")  # as libraries do
        logging.getLogger("library").critical("remark")
        warnings.warn("remark", stacklevel=1)
        print("remark")  # noqa: T201  # as libraries do
        sys.path.append("/library")
    assert (list(logging.root.handlers), sys.path, logging.root.manager.disable) == (handlers, path, 0)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_errors_pass():
    handlers = list(logging.root.handlers)

    def fail():
        logging.root.addHandler(logging.NullHandler())
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"), no_trace():
        fail()
    assert list(logging.root.handlers) == handlers
