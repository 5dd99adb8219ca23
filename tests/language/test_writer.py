from mlpspec.catalog.activations.leaky_relu import LeakyRelu
from mlpspec.catalog.layers.dense import Dense
from mlpspec.compiler import loads
from mlpspec.language.writer import plain

SPEC = """\
mlpspec: 1
name: full
seed: 3
inputs:
  x: {numeric: {columns: [a, "b*", $$c], scale: min_max, missing: {constant: 0.5}}}
  c: {category: {encode: {embedding: 2}, missing: own}}
targets: {y: {numeric: {columns: [u, v], loss: {huber: 2}}}}
model:
  - dense: {units: 8, activation: {leaky_relu: 0.3}, repeat: 2}
  - head: y
training: {optimizer: {sgd: {momentum: 0.9}}, schedule: {cosine: {warmup: 0.1}}, metrics: [r2]}
"""


def test_what_is_default_is_left_out():
    assert plain(Dense(units=8, activation=LeakyRelu(negative_slope=0.3))) == {
        "dense": {"units": 8, "activation": {"leaky_relu": {"negative_slope": 0.3}}}
    }


def test_a_spec_written_out_is_read_as_the_same_spec():
    import yaml

    spec = loads(SPEC).spec
    for complete in (False, True):
        assert loads(yaml.safe_dump(plain(spec, complete=complete))).spec == spec
