"""The table of samplers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.samplers.balanced import Balanced
from mlpspec.catalog.samplers.base import Sampler
from mlpspec.catalog.samplers.sequential import Sequential
from mlpspec.catalog.samplers.shuffle import Shuffle
from mlpspec.catalog.samplers.stratified import Stratified
from mlpspec.catalog.samplers.weighted import Weighted

SAMPLERS = Family("sampler", Sampler, (Shuffle, Sequential, Balanced, Stratified, Weighted))
