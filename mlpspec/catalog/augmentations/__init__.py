"""The table of augmentations."""

from mlpspec.catalog.augmentations.base import Augmentation
from mlpspec.catalog.augmentations.crop import Crop
from mlpspec.catalog.augmentations.cutout import Cutout
from mlpspec.catalog.augmentations.horizontal_flip import HorizontalFlip
from mlpspec.catalog.augmentations.mask import Mask
from mlpspec.catalog.augmentations.noise import Noise
from mlpspec.catalog.augmentations.shift import Shift
from mlpspec.catalog.augmentations.swap import Swap
from mlpspec.catalog.augmentations.vertical_flip import VerticalFlip
from mlpspec.catalog.entry import Family

AUGMENTATIONS = Family("augmentation", Augmentation, (Noise, Mask, Swap, HorizontalFlip, VerticalFlip, Shift, Crop, Cutout))
