"""Session time."""

from devices.link.session_clock import SessionClock


def test_session_time_counts_from_the_beginning():
    """Now, and any reading of the monotonic clock, in seconds since the clock was made."""
    readings = iter([100.0, 102.5])
    clock = SessionClock(lambda: next(readings))
    assert clock.began == 100.0
    assert clock.now() == 2.5
    assert clock.session_time(99.0) == -1.0
