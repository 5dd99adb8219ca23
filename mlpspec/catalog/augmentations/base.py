"""What every augmentation is."""

from __future__ import annotations

from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.lowering import Function
from mlpspec.ir.shape import Shape, ShapeFault


class Augmentation(Entry):
    """A change of training rows, another one each time they are seen, that leaves their answer as it is.

    It acts on what the network reads, after missing values, scaling and encoding, in batches of training rows only: neither on
    validation rows nor in the exported model. An input's augmentations act in the order of their list. The training loss is that of the
    changed rows. What is drawn follows from the spec's seed, the epoch and the step, on a GPU with the GPU's own random numbers.
    """

    inputs: ClassVar[frozenset[str]]
    """The kinds of input that it suits."""

    def check(self, shape: Shape) -> None:
        """That an input of this shape (without the batch; sizes may be names) can be changed so.

        Raises:
            ShapeFault: when it cannot.
        """

    def lower(self) -> Function:
        """The call: `Input(0)` is the batch, (batch, ...); it is also given `generator`, and gives a batch of the same shape."""
        raise NotImplementedError(type(self).__name__)


class ImageAugmentation(Augmentation):
    """One for images: tensors of the axes [height, width] or [channels, height, width]."""

    inputs = frozenset({"tensor"})

    def check(self, shape: Shape) -> None:
        if not shape.is_known:
            return
        if shape.rank not in (2, 3):
            raise ShapeFault("an image, [height, width] or [channels, height, width]", f"{list(shape.known)}", help="leave it out")
        self.check_size(*shape.known[-2:])

    def check_size(self, height: int, width: int) -> None:
        """That an image of this size can be changed so.

        Raises:
            ShapeFault: when it cannot.
        """
