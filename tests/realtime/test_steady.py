"""The label on the screen holds still."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.scores import LABELS
from realtime.steady import Steady, SteadyOptions

OPTIONS = SteadyOptions(enter=0.4, leave=0.2, dwell_s=1.0)


def lead(label: str, p: float) -> np.ndarray:
    values = np.full(7, (1 - p) / 6, np.float32)
    values[LABELS.index(label)] = p
    return values


def follow(*moments):
    steady = Steady(LABELS, OPTIONS)
    return [steady.push(0.5 * i, p) for i, p in enumerate(moments)]


def test_a_label_is_tentative_until_it_has_led_for_the_dwell():
    assert follow(*[lead("happy", 0.6)] * 4) == [("happy", "tentative")] * 2 + [("happy", "confirmed")] * 2


def test_a_short_flicker_does_not_replace_the_label():
    happy, angry = lead("happy", 0.6), lead("angry", 0.5)
    shown = follow(happy, happy, happy, angry, happy, happy)
    assert [label for label, _ in shown] == ["happy"] * 6


def test_another_label_takes_over_after_leading_for_the_dwell():
    shown = follow(*[lead("happy", 0.6)] * 3, *[lead("angry", 0.5)] * 3)
    assert [label for label, _ in shown[3:]] == ["happy", "happy", "angry"]


def test_a_label_that_stays_under_leave_is_withdrawn():
    flat = np.full(7, 1 / 7, np.float32)
    shown = follow(*[lead("happy", 0.6)] * 3, flat, flat, flat)
    assert shown[3:] == [("happy", "confirmed"), ("happy", "confirmed"), (None, "uncertain")]


def test_between_leave_and_enter_the_label_stays():
    shown = follow(*[lead("happy", 0.6)] * 3, *[lead("happy", 0.25)] * 5)
    assert shown[-1] == ("happy", "confirmed")


def test_no_vote_means_no_label():
    shown = follow(*[lead("happy", 0.6)] * 3, None, lead("happy", 0.6))
    assert shown[3] == (None, "uncertain")
    assert shown[4] == ("happy", "tentative")


def test_a_flat_distribution_is_uncertain():
    assert follow(np.full(7, 1 / 7, np.float32)) == [(None, "uncertain")]


moment = st.none() | st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7).map(
    lambda values: (np.array(values) ** 3 / np.sum(np.array(values) ** 3)).astype(np.float32)
)


@given(st.lists(moment, max_size=40), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_a_confirmed_label_goes_only_for_what_has_lasted_for_the_dwell(moments, dwell_s):
    """Another one has led as long, or it has itself stayed under `leave` as long, or the vote abstains."""
    steady = Steady(LABELS, SteadyOptions(enter=0.4, leave=0.2, dwell_s=dwell_s))
    shown = [steady.push(0.5 * at, p) for at, p in enumerate(moments)]
    reach = int(dwell_s / 0.5)
    for at in range(1, len(shown)):
        (before, state), (after, _) = shown[at - 1], shown[at]
        if state != "confirmed" or after == before or moments[at] is None:
            continue
        lately = moments[max(at - reach, 0) : at + 1]
        if after is not None:
            assert all(LABELS[int(np.argmax(p))] == after for p in lately)
        else:
            assert all(p[LABELS.index(before)] < 0.2 and p.max() < 0.4 for p in lately)


@given(st.lists(moment, max_size=40))
def test_a_label_is_shown_only_while_the_vote_does_not_abstain(moments):
    steady = Steady(LABELS, SteadyOptions())
    for at, p in enumerate(moments):
        label, state = steady.push(0.5 * at, p)
        assert (label is None) == (state == "uncertain")
        assert p is not None or label is None
