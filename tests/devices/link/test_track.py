"""One stream through losses, absences and late samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.block import Away, Block, Gap, Quality
from devices.link.track import Run, Track


def run(index, time, count=10, contact=True):
    return Run(index, time, np.arange(index, index + count, dtype=np.float32), contact)


def test_consecutive_runs_are_consecutive_blocks():
    """Index and time go on without a seam, and contact is flagged."""
    track = Track("eda", 100.0)
    first, second = track.put(run(7, 1.0)) + track.put(run(17, 1.1004, contact=False))
    assert (first.index, first.time, first.flags) == (0, 1.0, Quality.OK)
    assert (second.index, second.time, second.flags) == (10, pytest.approx(1.1), Quality.NO_CONTACT)


def test_counted_losses_are_a_gap_at_once():
    """The index leaves room for what was lost."""
    track = Track("eda", 100.0)
    track.put(run(0, 1.0))
    assert track.skip(5, 0.0, "sequence") == [Gap("eda", pytest.approx(1.1), 5, 0.05, "sequence")]
    (block,) = track.put(run(15, 1.15))
    assert (block.index, block.time) == (15, pytest.approx(1.15))


def test_an_outage_is_told_at_once_kept_open_and_closed_by_its_length():
    """Gap, absences, gap with duration, and the index of the next sample goes with session time."""
    track = Track("eda", 100.0)
    track.put(run(0, 1.0))
    assert track.lose(2.0, "unplugged") == [Gap("eda", pytest.approx(1.1), None, None, "unplugged")]
    assert track.lose(2.1, "unplugged") == []
    assert track.wait(2.2) == [Away("eda", 2.2)]
    assert track.wait(2.2) == []
    gap, block = track.put(run(3, 3.1))
    assert gap == Gap("eda", pytest.approx(1.1), 200, pytest.approx(2.0), "unplugged")
    assert (block.index, block.time) == (210, 3.1)
    assert track.wait(4.0) == []


def test_samples_for_time_that_was_given_up_are_dropped():
    """Once nobody waits for a time, what comes for it late is not delivered."""
    track = Track("eda", 100.0)
    track.put(run(0, 1.0))
    track.lose(2.0, "silent")
    track.wait(2.05)
    assert track.put(run(10, 1.9)) == []
    gap, block = track.put(run(20, 2.0))
    assert (gap.duration, block.time) == (pytest.approx(0.95), pytest.approx(2.05))
    assert block.values[0] == 25
    assert block.index == 10 + gap.lost


def test_a_hole_that_the_device_did_not_count_is_found_by_time():
    """A jump of the clock fit is a gap, not a stretch without index."""
    track = Track("eda", 100.0)
    track.put(run(0, 1.0))
    gap, block = track.put(run(10, 4.1))
    assert (gap.lost, gap.reason) == (300, "not counted")
    assert block.index == 310


def test_beats_come_one_by_one():
    """An irregular stream has a block for each value, at its time."""
    track = Track("ibi")
    track.lose(0.0, "not connected yet")
    events = track.put(run(4, 2.5, 2))
    assert [type(event) for event in events] == [Gap, Block, Block]
    assert [(event.index, event.time, event.rate, event.end) for event in events[1:]] == [
        (0, 2.5, 0, 2.5),
        (1, 2.5, 0, 2.5),
    ]


@given(
    st.sampled_from([1.0, 4.0, 100.0, 1000.0]),
    st.lists(
        st.one_of(
            st.tuples(st.just("run"), st.integers(1, 40), st.floats(-0.3, 0.5)),
            st.tuples(st.just("lost"), st.integers(1, 40), st.just(0.0)),
            st.tuples(st.just("away"), st.integers(1, 40), st.floats(0, 2)),
        ),
        max_size=40,
    ),
)
def test_whatever_happens_indices_add_up_and_time_goes_forward(rate, steps):
    """Every index is in a block or in a gap, blocks hardly overlap, and none lies in time that was given up."""
    track, index, now = Track("eda", rate), 0, 0.0
    index_out, end = 0, -np.inf
    for kind, count, off in steps:
        events = []
        if kind == "run":
            events = track.put(run(index, now + off, count))
        elif kind == "lost":
            events = track.skip(count, now, "sequence")
        else:
            events = track.lose(now, "gone") + track.wait(now + off)
            now += off
        if kind != "away":
            index, now = index + count, now + count / rate
        for event in events:
            if isinstance(event, Block):
                assert event.index == index_out
                assert event.time >= end - 0.5 / rate - 1e-6
                index_out, end = event.index + len(event.values), event.end
            elif isinstance(event, Gap) and event.duration is not None:
                index_out += event.lost or 0
            elif isinstance(event, Away):
                end = max(end, event.until)
