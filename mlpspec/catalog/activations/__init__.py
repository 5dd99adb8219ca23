"""The table of activations."""

from mlpspec.catalog.activations.abs import Abs
from mlpspec.catalog.activations.base import Activation
from mlpspec.catalog.activations.celu import Celu
from mlpspec.catalog.activations.elu import Elu
from mlpspec.catalog.activations.gelu import Gelu
from mlpspec.catalog.activations.hard_sigmoid import HardSigmoid
from mlpspec.catalog.activations.hard_swish import HardSwish
from mlpspec.catalog.activations.hard_threshold import HardThreshold
from mlpspec.catalog.activations.leaky_relu import LeakyRelu
from mlpspec.catalog.activations.linear import LinearActivation
from mlpspec.catalog.activations.log_sigmoid import LogSigmoid
from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.catalog.activations.mish import Mish
from mlpspec.catalog.activations.prelu import Prelu
from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.activations.relu6 import Relu6
from mlpspec.catalog.activations.selu import Selu
from mlpspec.catalog.activations.sigmoid import Sigmoid
from mlpspec.catalog.activations.silu import Silu
from mlpspec.catalog.activations.softmax import Softmax
from mlpspec.catalog.activations.softplus import Softplus
from mlpspec.catalog.activations.softsign import Softsign
from mlpspec.catalog.activations.tanh import Tanh
from mlpspec.catalog.entry import Family

ACTIVATIONS = Family(
    "activation",
    Activation,
    (
        Relu,
        LeakyRelu,
        Prelu,
        Relu6,
        Elu,
        Selu,
        Celu,
        Gelu,
        Silu,
        HardSwish,
        Mish,
        Sigmoid,
        HardSigmoid,
        LogSigmoid,
        Tanh,
        Softsign,
        Softplus,
        Softmax,
        Abs,
        Maxout,
        HardThreshold,
        LinearActivation,
    ),
)
