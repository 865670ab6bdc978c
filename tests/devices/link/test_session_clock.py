"""Session time and device clocks."""

from hypothesis import given
from hypothesis import strategies as st

from devices.link.session_clock import SessionClock
from devices.link.ticks import unwrapped


def test_session_time_counts_from_the_beginning():
    """Now, and any reading of the monotonic clock, in seconds since the clock was made."""
    readings = iter([100.0, 102.5])
    clock = SessionClock(lambda: next(readings))
    assert clock.began == 100.0
    assert clock.now() == 2.5
    assert clock.session_time(99.0) == -1.0


@given(st.integers(0, 10**9), st.integers(2, 2**24), st.floats(-0.49, 0.49))
def test_turns_of_a_clock_are_counted(truth, modulus, off):
    """Whatever the number of turns, a guess within half a turn gives the whole count."""
    assert unwrapped(truth % modulus, modulus, truth + off * modulus) == truth
