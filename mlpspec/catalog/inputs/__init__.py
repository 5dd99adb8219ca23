"""The table of input types."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.inputs.base import InputType
from mlpspec.catalog.inputs.category import Category
from mlpspec.catalog.inputs.datetime import Datetime
from mlpspec.catalog.inputs.numeric import Numeric
from mlpspec.catalog.inputs.tensor import Tensor

INPUTS = Family("input type", InputType, (Numeric, Category, Datetime, Tensor))
