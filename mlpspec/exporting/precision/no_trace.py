"""Calls of libraries that log, print and change the process, without any of it."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def no_trace() -> Iterator[None]:
    """Silences logging, warnings and stdout inside, and restores the root logger's handlers and `sys.path` after it.

    onnxruntime.quantization logs through functions of `logging` that give the root logger a handler; onnxruntime.transformers extends
    `sys.path` when it is imported.
    """
    handlers, disabled, path = list(logging.root.handlers), logging.root.manager.disable, list(sys.path)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        logging.root.handlers[:] = handlers
        sys.path[:] = path
