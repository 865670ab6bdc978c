"""What does not fit between devices and session leaves gaps that account for it."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.backlog import TOO_SLOW, Backlog
from devices.block import Away, Block, DeviceState, Event, Gap, SensorNotice

RATES = {"audio": 16_000.0, "eda": 100.0}
COMING = st.sampled_from(["audio", "eda"])
STEPS = st.lists(
    st.tuples(st.just("block"), COMING, st.integers(1, 50))
    | st.tuples(st.just("lost"), COMING, st.integers(1, 50))
    | st.tuples(st.sampled_from(["leaves", "returns", "says", "is away"]), COMING, st.integers(1, 50))
    | st.tuples(st.just("take"), COMING, st.integers(1, 8)),
    max_size=80,
)


class Stream:
    """One device's stream, in samples."""

    def __init__(self, name: str) -> None:
        self.name, self.rate = name, RATES[name]
        self.next = 0
        self.left: int | None = None

    def events(self, kind: str, count: int) -> list[Event]:
        """What follows when something happens to the device."""
        t, seconds = self.next / self.rate, count / self.rate
        if kind == "says":
            return [SensorNotice(t, "says")]
        if kind == "leaves" and self.left is None:
            self.left = self.next
            return [Gap(self.name, t, None, None, "unplugged")]
        if self.left is not None:
            if kind == "returns":
                self.left = None
                self.next += count
                return [Gap(self.name, t, count, seconds, "unplugged")]
            return [Away(self.name, t)] if kind == "is away" else []
        self.next += count if kind in ("block", "lost") else 0
        if kind == "lost":
            return [Gap(self.name, t, count, seconds, "a bad frame")]
        return [block(self.name, self.next - count, count)] if kind == "block" else []


def block(stream: str, index: int, count: int) -> Block:
    return Block(stream, index, index / RATES[stream], RATES[stream], np.zeros(count, np.float32))


def drained(backlog: Backlog) -> list[Event]:
    out = []
    while len(backlog):
        out.append(backlog.take(0.0)[1])
    return out


@given(STEPS, st.integers(1, 12))
def test_every_sample_is_delivered_or_in_a_gap(steps, size):
    """Whatever the session misses, the index and time of the next block go on from what came before it."""
    streams, backlog, out = {name: Stream(name) for name in RATES}, Backlog(size), []
    brought: Counter[str] = Counter()
    for kind, stream, count in steps:
        if kind == "take":
            out += [backlog.take(0.0)[1] for _ in range(min(count, len(backlog)))]
            continue
        for event in streams[stream].events(kind, count):
            backlog.put(event, 0.0)
            brought[stream] += len(event.values) if isinstance(event, Block) else 0
    out += drained(backlog)
    reached: defaultdict[str, int] = defaultdict(int)
    delivered: Counter[str] = Counter()
    for event in out:
        match event:
            case Block(stream=stream):
                assert event.index == reached[stream]
                reached[stream] += len(event.values)
                delivered[stream] += len(event.values)
            case Gap(stream=stream, duration=float()):
                assert round(event.time * RATES[stream]) == reached[stream]
                assert event.lost == round(event.duration * RATES[stream])
                reached[stream] += event.lost
    assert reached == {name: one.next for name, one in streams.items() if one.next}
    assert brought == delivered + backlog.dropped


@given(st.integers(2, 50), st.integers(1, 500))
def test_a_session_that_stops_for_a_while_misses_one_stretch(size, missed):
    """One gap for each stream, however long it was; what is waiting never exceeds its room."""
    backlog = Backlog(size)
    for number in range(size + missed):
        backlog.put(block("eda", 10 * number, 10), 0.0)
        assert len(backlog) <= size
    out = drained(backlog)
    assert [one.index for one in out[:-1]] == [10 * number for number in range(size)]
    assert (out[-1].lost, out[-1].reason) == (10 * missed, TOO_SLOW)
    assert (out[-1].time, out[-1].duration) == pytest.approx((0.1 * size, 0.1 * missed))
    assert backlog.dropped == {"eda": 10 * missed}


def test_what_devices_say_and_do_is_never_left_out():
    """Nor that a stream has gone; before that comes the hole before it."""
    backlog = Backlog(1)
    told = [SensorNotice(0.2, "unplugged"), DeviceState(0.2, "a sensor", "lost"), Gap("eda", 0.2, None, None, "gone")]
    for event in (block("eda", 0, 10), block("eda", 10, 10), *told, Away("eda", 0.3)):
        backlog.put(event, 0.0)
    first, *rest = drained(backlog)
    assert isinstance(first, Block)
    assert rest == [*told[:2], Gap("eda", 0.1, 10, 0.1, TOO_SLOW), told[2]]
