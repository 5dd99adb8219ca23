import numpy as np
import torch

from mlpspec.compiler import load
from mlpspec.exporting.trained import trained_answers
from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.run_folder import RunFolder
from mlpspec.training.timed_module import timed_module
from mlpspec.training.train import train


def test_what_is_timed_is_the_trained_network(small):
    result = train(load(small / "spec.yaml"), runs=small / "runs")
    run = RunFolder.open(None, small / "runs")
    assert result is not None
    rows = {"size": np.array([[1.5], [9.5]], np.float32), "colour": np.array([["red"], ["blue"]], object)}
    threads = torch.get_num_threads()
    logits = timed_module(run)(rows, "cpu", 1)()["kind"]
    torch.set_num_threads(threads)
    preprocessing = run.preprocessing()
    graph, module = load_run_module(run, load_run_document(run), preprocessing)
    expected = trained_answers(module, graph, preprocessing, rows)
    classes = np.array(preprocessing.targets["kind"].classes)
    assert classes[logits.argmax(1).numpy()].tolist() == expected["kind"].tolist()
