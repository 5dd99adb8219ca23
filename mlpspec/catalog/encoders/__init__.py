"""The table of encoders."""

from mlpspec.catalog.encoders.base import Encoder
from mlpspec.catalog.encoders.embedding import Embedding
from mlpspec.catalog.encoders.hashing import Hashing
from mlpspec.catalog.encoders.one_hot import OneHot
from mlpspec.catalog.entry import Family

ENCODERS = Family("encoder", Encoder, (OneHot, Embedding, Hashing))
