"""Recordings come at the pace asked for, by a clock that the test holds."""

import numpy as np
import pytest

from devices.block import Block
from realtime.pacing import Pacer


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def blocks(count: int = 4):
    return [Block("audio", 8000 * i, 0.5 * i, 16000.0, np.zeros(8000, np.float32)) for i in range(count)]


def pacer(speed):
    clock = Clock()
    return Pacer(speed, clock, clock.sleep), clock


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 2.0), (8.0, 0.25), (None, 0.0)])
def test_events_arrive_at_their_end_times_the_speed(speed, seconds):
    paced, clock = pacer(speed)
    assert len(list(paced.follow(blocks()))) == 4
    assert clock.now - 1000.0 == pytest.approx(seconds)


def test_a_late_consumer_is_not_made_later():
    """Time that the consumer took is not slept again."""
    paced, clock = pacer(1.0)
    for _ in paced.follow(blocks()):
        clock.now += 0.3
    assert clock.now - 1000.0 == pytest.approx(2.3)


def test_latency_counts_from_the_moment_a_sample_was_heard():
    paced, clock = pacer(2.0)
    for _ in paced.follow(blocks()):
        pass
    clock.now += 0.05
    assert paced.latency_ms(2.0) == pytest.approx(50.0)
    assert paced.latency_ms(1.0) == pytest.approx(550.0)


def test_stopping_ends_the_flow_before_the_next_event():
    paced, _ = pacer(None)
    heard = []
    for block in paced.follow(blocks()):
        heard.append(block)
        paced.stop()
    assert len(heard) == 1


def test_a_pause_is_no_part_of_the_session():
    """While held nothing comes; afterwards it goes on at the same pace, and nothing counts as late."""
    paced, clock = pacer(1.0)
    flow = paced.follow(blocks())
    next(flow)
    paced.pause()
    held = clock.sleep
    paced.sleep = lambda seconds: (held(seconds), clock.now > 1010.0 and paced.pause())
    next(flow)
    assert clock.now == pytest.approx(1010.5, abs=0.05)
    assert paced.latency_ms(1.0) == pytest.approx(0.0, abs=1.0)


def test_a_step_lets_one_label_through():
    paced, clock = pacer(None)
    flow = paced.follow(blocks())
    next(flow)
    paced.pause()
    paced.step()
    assert next(flow).end == 1.0
    held = clock.sleep
    paced.sleep = lambda seconds: (held(seconds), paced.stop())
    next(flow)
    assert clock.slept


def test_a_live_session_cannot_be_held():
    paced = Pacer(live=True)
    paced.pause()
    assert not paced.paused
