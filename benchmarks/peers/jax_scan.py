"""JAX as an expert writes it: an epoch in one compiled lax.scan, data on the device, optax's Adam. The last partial batch is left out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax  # pyright: ignore[reportMissingImports]
import jax.numpy as jnp  # pyright: ignore[reportMissingImports]
import numpy as np
import optax  # pyright: ignore[reportMissingImports]
from peers.worker import work
from peers.workloads import RATE, WORKLOADS, Workload, rows


def start(workload: Workload) -> tuple[Any, Any]:
    """Parameters and running statistics, initialized as PyTorch's linear layers are."""
    generator = np.random.default_rng(1)
    widths = [workload.inputs, *workload.widths, workload.outputs]
    parameters, statistics = [], []
    for number, (before, width) in enumerate(pairwise(widths)):
        bound = before**-0.5
        layer = {"weight": generator.uniform(-bound, bound, (before, width)), "bias": generator.uniform(-bound, bound, width)}
        if workload.batchnorm and number < len(workload.widths):
            layer |= {"scale": np.ones(width), "shift": np.zeros(width)}
            statistics.append((jnp.zeros(width), jnp.ones(width)))
        parameters.append({name: jnp.asarray(value, jnp.float32) for name, value in layer.items()})
    return parameters, statistics


def apply(workload: Workload, parameters: Any, statistics: Any, x: Any, key: Any) -> tuple[Any, Any]:
    """Logits in training mode, and the new running statistics."""
    updated = []
    for number, layer in enumerate(parameters[:-1]):
        x = x @ layer["weight"] + layer["bias"]
        if workload.batchnorm:
            mean, variance = x.mean(0), x.var(0)
            updated.append(jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, statistics[number], (mean, variance)))
            x = (x - mean) * jax.lax.rsqrt(variance + 1e-5) * layer["scale"] + layer["shift"]
        x = jnp.maximum(x, 0)
        if workload.dropout:
            keep = 1 - workload.dropout
            x = jnp.where(jax.random.bernoulli(jax.random.fold_in(key, number), keep, x.shape), x / keep, 0)
    return x @ parameters[-1]["weight"] + parameters[-1]["bias"], updated


def make(name: str) -> tuple[Callable[[], float], int, str]:
    workload = WORKLOADS[name]
    features, answers = rows(workload)
    x, y = jnp.asarray(features), jnp.asarray(answers.astype(np.int32))
    batches = workload.rows // workload.batch
    optimizer = optax.adam(RATE)
    parameters, statistics = start(workload)

    def loss(parameters: Any, statistics: Any, index: Any, key: Any) -> tuple[Any, Any]:
        logits, updated = apply(workload, parameters, statistics, x[index], key)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y[index]).mean(), updated

    def step(carry: Any, index: Any) -> tuple[Any, Any]:
        parameters, statistics, memory, key = carry
        key, own = jax.random.split(key)
        (value, statistics), gradients = jax.value_and_grad(loss, has_aux=True)(parameters, statistics, index, own)
        changes, memory = optimizer.update(gradients, memory, parameters)
        return (optax.apply_updates(parameters, changes), statistics, memory, key), value

    @jax.jit
    def scanned(carry: Any) -> tuple[Any, Any]:
        *rest, key = carry
        key, own = jax.random.split(key)
        order = jax.random.permutation(own, workload.rows)[: batches * workload.batch].reshape(batches, workload.batch)
        carry, losses = jax.lax.scan(step, (*rest, key), order)
        return carry, losses.mean()

    state = [(parameters, statistics, optimizer.init(parameters), jax.random.key(0))]

    def epoch() -> float:
        state[0], value = scanned(state[0])
        return float(value)

    return epoch, batches * workload.batch, f"jax {jax.__version__}"


if __name__ == "__main__":
    work(make)
