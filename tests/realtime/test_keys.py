"""What is typed becomes wishes, whatever pieces it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.keys import Keys, Wish


def wishes(*typed: str) -> list[Wish]:
    keys = Keys()
    return [wish for text in typed for wish in keys.press(text)]


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        (" ", Wish("pause")),
        (".", Wish("step")),
        ("v", Wish("mute", "voice")),
        ("t", Wish("mute", "text")),
        ("b", Wish("mute", "bio")),
        ("m", Wish("mark")),
        ("\x1b[C", Wish("forward")),
        ("\x1b[D", Wish("back")),
        ("q", Wish("quit")),
    ],
)
def test_a_key_is_a_wish(typed, wish):
    assert wishes(typed) == [wish]


def test_a_wrong_label_is_corrected_by_number():
    keys = Keys()
    assert list(keys.press("w")) == []
    assert "5 neutral" in keys.prompt
    assert list(keys.press("5")) == [Wish("correct", "neutral")]
    assert not keys.prompt


def test_any_other_key_leaves_the_label_as_it_was():
    assert wishes("w", "v", "v") == [Wish("mute", "voice")]


@given(st.lists(st.sampled_from([" ", "w", "3", "m", "\x1b[C", "\x1b[D", "x", "é"]), max_size=20), st.data())
def test_any_chunking_gives_the_same_wishes(keys, data):
    typed = "".join(keys)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(typed)), max_size=6)))
    pieces = [typed[a:b] for a, b in zip([0, *cuts], [*cuts, len(typed)], strict=True)]
    assert wishes(*pieces) == wishes(typed)
