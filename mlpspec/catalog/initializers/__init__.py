"""The table of initializers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.initializers.base import Initializer
from mlpspec.catalog.initializers.constant import Constant
from mlpspec.catalog.initializers.glorot_normal import GlorotNormal
from mlpspec.catalog.initializers.glorot_uniform import GlorotUniform
from mlpspec.catalog.initializers.he_normal import HeNormal
from mlpspec.catalog.initializers.he_uniform import HeUniform
from mlpspec.catalog.initializers.lecun_normal import LecunNormal
from mlpspec.catalog.initializers.lecun_uniform import LecunUniform
from mlpspec.catalog.initializers.normal import Normal
from mlpspec.catalog.initializers.ones import Ones
from mlpspec.catalog.initializers.orthogonal import Orthogonal
from mlpspec.catalog.initializers.truncated_normal import TruncatedNormal
from mlpspec.catalog.initializers.uniform import Uniform
from mlpspec.catalog.initializers.zeros import Zeros

INITIALIZERS = Family(
    "initializer",
    Initializer,
    (
        GlorotUniform,
        GlorotNormal,
        HeUniform,
        HeNormal,
        LecunUniform,
        LecunNormal,
        Orthogonal,
        Normal,
        TruncatedNormal,
        Uniform,
        Zeros,
        Ones,
        Constant,
    ),
)
