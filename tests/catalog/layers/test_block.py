from mlpspec.catalog.layers.block import Block
from mlpspec.catalog.option import options_of


def test_the_layers_are_the_compiler_s_to_fill():
    options = {option.key: option for option in options_of(Block)}
    assert options["layers"].internal
    assert options["use"].required
    assert not options["with"].required


def test_it_is_written_with_the_block_s_name():
    assert Block.main == "use"
