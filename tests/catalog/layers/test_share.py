from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.layers.share import Share, SharedOperation
from mlpspec.ir.lowering import Reuse, parameter_count
from mlpspec.ir.shape import Shape


def test_a_share_gives_what_the_other_layer_gives_and_learns_nothing_more():
    shared = SharedOperation("encoder", Linear(units=3))
    assert shared.output_shape(Shape((4,))) == Shape((3,))
    assert shared.lower(Shape((4,))) == Reuse("encoder")
    assert parameter_count(shared.lower(Shape((4,)))) == 0


def test_it_is_written_with_the_other_layer_s_name():
    assert Share.main == "of"
    assert Share(of="encoder", from_=("right",)).of == "encoder"
