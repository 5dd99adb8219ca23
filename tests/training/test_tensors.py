import warnings

import numpy as np
import torch

from mlpspec.training.tensors import Tensors

CPU = torch.device("cpu")


def test_arrays_become_tensors_in_their_order():
    inputs = {"b": np.ones((3, 2), np.float32), "a": np.arange(3)[:, None]}
    tensors = Tensors.from_arrays(inputs, {"y": np.array([2, 0, 1])}, 3, CPU)
    assert tensors.rows == 3
    assert [tensor.dtype for tensor in tensors.inputs] == [torch.float32, torch.int64]
    assert tensors.targets["y"].tolist() == [2, 0, 1]


def test_rows_are_picked_by_index():
    tensors = Tensors.from_arrays({"x": np.arange(6.0).reshape(3, 2)}, {"y": np.array([5, 6, 7])}, 3, CPU)
    inputs, targets = tensors.pick(torch.tensor([2, 0]))
    assert inputs[0].tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert targets["y"].tolist() == [7, 5]


def test_read_only_and_strided_arrays_are_taken_without_a_word():
    """Arrow and memory maps give such; torch would warn that writing to the tensor is undefined."""
    fixed = np.arange(6, dtype=np.float32).reshape(3, 2)
    fixed.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensors = Tensors.from_arrays({"x": fixed, "z": np.arange(12.0)[::4][:, None]}, {}, 3, CPU)
    assert tensors.inputs[0].tolist() == fixed.tolist()
    assert tensors.inputs[1].flatten().tolist() == [0.0, 4.0, 8.0]


def test_a_head_of_more_rows_than_there_are_begins_again():
    data = Tensors(3, (torch.arange(3.0).unsqueeze(1),), {"y": torch.arange(3)})
    head = data.head(7)
    assert head.rows == 7
    assert head.targets["y"].tolist() == head.inputs[0][:, 0].tolist() == [0, 1, 2, 0, 1, 2, 0]
