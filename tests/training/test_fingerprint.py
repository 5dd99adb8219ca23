import hashlib

import torch

from mlpspec.training.fingerprint import weights_sha256

WEIGHTS = {"b": torch.arange(4, dtype=torch.int64), "a": torch.tensor([[1.5, -2.0]])}


def test_the_hash_is_over_name_type_shape_and_bytes():
    expected = hashlib.sha256()
    for name in ("a", "b"):
        array = WEIGHTS[name].numpy()
        expected.update(f"{name} torch.{array.dtype} {array.shape}\n".encode() + array.tobytes())
    assert weights_sha256(WEIGHTS) == expected.hexdigest()


def test_the_order_and_the_memory_say_nothing_and_a_bit_says_all():
    same = {"a": torch.tensor([[1.5, 9.0], [-2.0, 9.0]]).T[:1], "b": WEIGHTS["b"]}
    assert weights_sha256(same) == weights_sha256(WEIGHTS)
    other = {**WEIGHTS, "a": torch.nextafter(WEIGHTS["a"], torch.tensor(9.0))}
    assert weights_sha256(other) != weights_sha256(WEIGHTS)
