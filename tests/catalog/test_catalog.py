from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys

import pytest

from mlpspec.catalog import (
    activations,
    augmentations,
    batch_sizes,
    families,
    family_of,
    initializers,
    layers,
    losses,
    metrics,
    mixings,
    optimizers,
    samplers,
    schedules,
)
from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.entry import Entry
from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.option import options_of

TABLES = {
    activations: activations.ACTIVATIONS,
    augmentations: augmentations.AUGMENTATIONS,
    batch_sizes: batch_sizes.BATCH_SIZES,
    initializers: initializers.INITIALIZERS,
    layers: layers.LAYERS,
    losses: losses.LOSSES,
    metrics: metrics.METRICS,
    mixings: mixings.MIXINGS,
    optimizers: optimizers.OPTIMIZERS,
    samplers: samplers.SAMPLERS,
    schedules: schedules.SCHEDULES,
}
ENTRIES = [entry for table in TABLES.values() for entry in table]


@pytest.mark.parametrize(("package", "table"), TABLES.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_every_entry_in_the_folder_stands_in_the_table(package, table):
    written = set()
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if item.__module__ == module.name and issubclass(item, Entry) and "kind" in vars(item):
                written.add(item)
    assert written == set(table)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.__module__.split('.')[2]}.{entry.kind}")
def test_entries_are_documented_and_their_main_option_exists(entry):
    assert entry.summary().strip(".")
    options = {option.key: option for option in options_of(entry)}
    assert entry.main is None or entry.main in options
    for option in options.values():
        assert option.doc.endswith("."), option.key
        for value in (option.default, *option.examples):
            assert _within_bounds(option, value), (option.key, value)


def _within_bounds(option, value):
    if isinstance(value, tuple):
        return all(_within_bounds(option, item) for item in value)
    if not isinstance(value, (int, float)):
        return True
    return (
        (option.minimum is None or value >= option.minimum)
        and (option.maximum is None or value <= option.maximum)
        and (option.above is None or value > option.above)
        and (option.below is None or value < option.below)
    )


@pytest.mark.parametrize("entry", list(activations.ACTIVATIONS), ids=lambda entry: entry.kind)
def test_activations_tell_their_derivative_and_source(entry):
    text = inspect.getdoc(entry) or ""
    assert "Derivative" in text
    assert "Source" in text


def test_all_families_are_there():
    nouns = [family.noun for family in families()]
    assert len(nouns) == len(set(nouns)) > 15
    assert {"layer", "activation", "initializer", "optimizer", "schedule", "batch size", "sampler", "loss", "metric"} < set(nouns)


def test_the_family_of_a_base_and_of_an_entry():
    assert family_of(Layer) is layers.LAYERS
    assert family_of(Initializer) is initializers.INITIALIZERS
    assert family_of(Relu) is activations.ACTIVATIONS
    with pytest.raises(KeyError):
        family_of(Entry)


def test_no_table_imports_a_heavy_package():
    code = "import sys, json; from mlpspec.catalog import families; families(); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "onnx", "onnxruntime", "polars"} & set(json.loads(done.stdout))
