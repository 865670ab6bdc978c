"""Stretches of a biosignal become blocks and gaps that account for every sample."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.block import Quality
from devices.stretch import Stretch, Track
from tests.devices.streams import blocks, flags, gaps, in_order, indices, same


def stretch(time, n, value=1.0, because="lost"):
    return Stretch(time, np.full(n, value, np.float32), because)


def test_a_gap_counts_its_samples_and_the_index_goes_on():
    events = list(Track("temp", 4.0, [stretch(0, 8), stretch(5, 8)], "over").events(7.0))
    (gap,) = gaps(events)
    assert (gap.time, gap.lost, gap.duration, gap.reason) == (2.0, 12, 3.0, "lost")
    assert indices(events, "temp") == [*range(8), *range(20, 28)]


def test_samples_before_the_session_and_after_its_end_are_left_out():
    events = list(Track("temp", 4.0, [stretch(-1.1, 100)], "over").events(2.0))
    assert gaps(events) == []
    assert blocks(events, "temp")[0].time == np.float64(-1.1 + 5 / 4)
    assert blocks(events, "temp")[-1].end >= 2.0


def test_what_is_missing_at_both_ends_is_a_gap():
    first, last = gaps(Track("temp", 4.0, [stretch(1.0, 4, because="late")], "over").events(3.0))
    assert (first.time, first.lost, first.reason) == (0.0, 4, "late")
    assert (last.time, last.lost, last.reason) == (2.0, 4, "over")


def test_a_track_without_samples_in_the_session_is_one_gap():
    (gap,) = gaps(Track("temp", 4.0, [stretch(100.0, 4)], "over").events(3.0))
    assert (gap.time, gap.lost) == (0.0, 12)


def test_only_skin_conductance_of_zero_means_no_contact():
    values = np.array([0, 1, 0, 0], np.float32)
    eda = Track("eda", 4.0, [Stretch(0, values, "")], "").events(1.0)
    temp = Track("temp", 4.0, [Stretch(0, values, "")], "").events(1.0)
    assert flags(eda, "eda") == [Quality.NO_CONTACT, Quality.OK, Quality.NO_CONTACT, Quality.NO_CONTACT]
    assert flags(temp, "temp") == [Quality.OK] * 4


@given(
    pauses=st.lists(st.floats(0.3, 5), min_size=1, max_size=4),
    phase=st.floats(-2, 2),
    block_s=st.floats(0.01, 3),
    rate=st.sampled_from([4.0, 250.0]),
)
def test_any_block_length_gives_the_same_samples_and_gaps_and_all_are_counted(pauses, phase, block_s, rate):
    time, stretches = phase, []
    for pause in pauses:
        time = round(time + pause, 3)
        stretches.append(Stretch(time, np.arange(9, dtype=np.float32) % 4, "lost"))
        time += 9 / rate
    track = Track("eda", rate, stretches, "over")
    end = max(time + 1, 0.5)
    plain, other = list(track.events(end)), list(track.events(end, block_s))
    assert same(plain, other, "eda")
    assert gaps(plain) == gaps(other)
    assert in_order(other)
    covered = len(indices(plain, "eda")) + sum(gap.lost for gap in gaps(plain))
    assert abs(covered - end * rate) <= 1 + len(pauses) / 2
