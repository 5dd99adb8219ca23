"""The table of layers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.layers.activation import ActivationLayer
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.average import Average
from mlpspec.catalog.layers.base import Layer
from mlpspec.catalog.layers.batchnorm import BatchNorm
from mlpspec.catalog.layers.block import Block
from mlpspec.catalog.layers.concat import Concat
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.dot import Dot
from mlpspec.catalog.layers.dropout import Dropout
from mlpspec.catalog.layers.flatten import Flatten
from mlpspec.catalog.layers.head import Head
from mlpspec.catalog.layers.layernorm import LayerNorm
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.layers.maximum import Maximum
from mlpspec.catalog.layers.minimum import Minimum
from mlpspec.catalog.layers.multiply import Multiply
from mlpspec.catalog.layers.reshape import Reshape
from mlpspec.catalog.layers.share import Share
from mlpspec.catalog.layers.subtract import Subtract

LAYERS = Family(
    "layer",
    Layer,
    (
        Linear,
        Dense,
        ActivationLayer,
        BatchNorm,
        LayerNorm,
        Dropout,
        Flatten,
        Reshape,
        Concat,
        Add,
        Multiply,
        Average,
        Maximum,
        Minimum,
        Subtract,
        Dot,
        Share,
        Block,
        Head,
    ),
)
