from mlpspec.serving.texts import unwritable


def test_all_that_utf_8_can_write_is_fine():
    assert unwritable(["", "a", "é", "\U0001f427", "\x00", None]) is None


def test_the_first_lone_surrogate_is_found():
    assert unwritable(["a", None, "b\udc00c", "\ud800"]) == 2


def test_halves_in_two_texts_do_not_make_a_pair():
    assert unwritable(["\ud83d", "\udc27"]) == 0
