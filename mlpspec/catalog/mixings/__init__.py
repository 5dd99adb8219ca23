"""The table of mixings."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.mixings.base import Mixing
from mlpspec.catalog.mixings.cutmix import Cutmix
from mlpspec.catalog.mixings.mixup import Mixup

MIXINGS = Family("mixing", Mixing, (Mixup, Cutmix))
