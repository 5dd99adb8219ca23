"""All tests on a GPU in one go, with a table of what was found.

python tests/gpu/run.py [--device cuda:0] [PYTEST ARGUMENTS]

Fails where CUDA is not usable. `--device cpu` rehearses on the CPU. It needs torch, onnx, onnxscript, onnxruntime-gpu, numpy, pyyaml,
safetensors, click, rich and pytest, in whatever versions are there; polars and jsonschema may be missing.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run pytest over this folder; its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda:0", help="cuda:0, another GPU, or cpu for a rehearsal")
    options, more = parser.parse_known_args()
    os.environ["MLPSPEC_TEST_DEVICE"] = options.device
    root = HERE.parents[1]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    sys.path.insert(0, str(root))
    import pytest

    # other versions of libraries than the project's own may warn
    settings = ["-o", "filterwarnings=default", "-o", "minversion=7", "-p", "no:cacheprovider", "-m", "gpu", "-q", "--durations=5"]
    return int(pytest.main([*settings, f"--rootdir={root}", str(HERE), *more]))


if __name__ == "__main__":
    raise SystemExit(main())
