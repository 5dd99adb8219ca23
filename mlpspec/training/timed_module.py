"""The torch module of a run as something to time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlpspec.data.operators import run_program
from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.run_folder import RunFolder


def timed_module(run: RunFolder) -> Callable[[dict[str, np.ndarray], str, int | None], Callable[[], object]]:
    """A contender for `runtime.benchmark`: the trained network alone, in inference mode, on encoded rows that lie on the device already.

    Preprocessing and decoding are left out, so that it has less to do than the model file.

    Raises:
        ModelFileError: when the run is damaged.
    """
    import torch

    preprocessing = run.preprocessing()
    graph, module = load_run_module(run, load_run_document(run), preprocessing)
    module.eval()
    all_threads = torch.get_num_threads()

    def prepare(arrays: dict[str, np.ndarray], device: str, threads: int | None) -> Callable[[], object]:
        torch.set_num_threads(threads or all_threads)
        module.to(device)
        encoded = {
            name: run_program(item.program, {item.program.inputs[0]: arrays[name]})[item.program.outputs[0]]
            for name, item in preprocessing.inputs.items()
        }
        tensors = [torch.from_numpy(np.ascontiguousarray(encoded[value.name])).to(device) for value in graph.inputs]

        def call() -> object:
            with torch.inference_mode():
                answer = module(*tensors)
                if device != "cpu":
                    torch.cuda.synchronize()
            return answer

        return call

    return prepare
