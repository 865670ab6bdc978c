"""Where the age of a label comes from, with delays that the test puts in, by a clock that the test holds."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.block import Block
from models.features.mfcc import MfccParameters
from realtime.arrivals import Arrival, WordsCome, WordsWanted
from realtime.fusion import Label
from realtime.latency import Latencies
from realtime.pacing import Pacer
from realtime.session import Session
from realtime.words import no_words
from tests.realtime.conftest import Microphone, blocks, hush, vowels
from tests.realtime.summing import Summing, summing_bundle, summing_models

WITHIN = 0.020
SEEN = 50


class Clock:
    """Stands still unless something takes its time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow(Summing):
    """A model that takes its time."""

    def __init__(self, clock: Clock, seconds: float, parameters: object) -> None:
        super().__init__(parameters)
        self._clock, self._seconds = clock, seconds

    def predict(self, *inputs):
        self._clock.now += self._seconds
        return super().predict(*inputs)


class Late(Microphone):
    """Blocks of 20 ms that arrive late."""

    def __init__(self, clock: Clock, late: float) -> None:
        self._clock, self._late = clock, late

    def events(self) -> Iterator[Block]:
        for block in blocks(np.concatenate([vowels(3.0, 1), hush(3.0)]), (320,)):
            self._clock.now = max(self._clock.now, block.end + self._late)
            yield block


class Desk:
    """Words that come when the clock says so."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._orders: list[tuple[float, WordsWanted]] = []

    def take(self, wanted: WordsWanted) -> None:
        self._orders.append((self._clock.now + self._seconds, wanted))

    def come(self) -> Iterator[Arrival]:
        while self._orders and self._orders[0][0] <= self._clock.now:
            wanted = self._orders.pop(0)[1]
            yield WordsCome(wanted.number, no_words(wanted.segment, "nothing said"))

    def rest(self) -> Iterator[Arrival]:
        self._clock.now = max([self._clock.now, *(at for at, _ in self._orders)])
        yield from self.come()


def labels(late: float = 0.0, model: float = 0.0, words: float = 0.0) -> tuple[list[Label], list[float]]:
    """Labels of a session with these delays, and when each was handed out."""
    clock = Clock()
    bundle = summing_bundle(summing_models("text") | {"voice": Slow(clock, model, MfccParameters())})
    pacer = Pacer(clock=clock, began=0.0, live=True)
    session = Session(Late(clock, late), bundle, Desk(clock, words), pacer)
    made = [(message, clock.now) for message in session.run() if isinstance(message, Label)]
    return [one for one, _ in made], [at for _, at in made]


@pytest.mark.parametrize(("late", "model", "words"), [(0.0, 0.0, 0.0), (0.15, 0.0, 0.0), (0.05, 0.08, 1.7)])
def test_the_parts_add_up_to_the_age(late, model, words):
    """From the end of the newest window that voted until the label is there, to 20 ms."""
    made, when = labels(late, model, words)
    for label, at in zip(made, when, strict=True):
        ages = [vote.age for vote in label.ballot.votes.values() if vote.age is not None]
        used = label.t - min(ages, default=0.0)
        assert sum(label.latency_ms.values()) / 1000.0 == pytest.approx(at - used, abs=WITHIN)


def test_a_late_microphone_shows_as_capture():
    made, _ = labels(late=0.3)
    for label in made:
        assert label.latency_ms["capture"] / 1000.0 == pytest.approx(0.3 + 0.016, abs=0.016 + WITHIN)
        assert label.latency_ms["model"] == label.latency_ms["vote"] == 0.0


def test_a_slow_model_shows_as_model():
    made, _ = labels(model=0.08)
    scored = [label for label in made if 1.0 <= label.t < 3.0]
    assert scored
    for label in scored:
        assert label.latency_ms["model"] / 1000.0 == pytest.approx(0.08, abs=WITHIN)


def test_slow_words_show_as_words():
    """The first label after the allowance has waited for what the words took longer."""
    made, _ = labels(words=1.7)
    held = max(label.latency_ms["words"] / 1000.0 for label in made)
    assert held == pytest.approx(1.7 - 0.5, abs=0.5 + WITHIN)
    assert all(label.latency_ms["words"] == 0.0 for label in made if label.t < 3.0)


def test_a_stepped_wall_clock_changes_nothing(monkeypatch):
    """Only the monotonic clock is read."""
    expected = [label.latency_ms for label in labels(0.1, 0.02, 0.9)[0]]
    real, calls = time.time, iter(range(10_000_000))
    monkeypatch.setattr(time, "time", lambda: real() + (3600 if next(calls) % 2 else -3600))
    assert [label.latency_ms for label in labels(0.1, 0.02, 0.9)[0]] == expected


def test_the_maximum_is_that_of_the_whole_session():
    """Medians are of the latest; the worst is never forgotten."""
    latencies = Latencies()
    latencies.add("label", 9000.0)
    for _ in range(10_000):
        latencies.add("label", 10.0)
    assert latencies.quantiles()["label"] == (10.0, 10.0, 9000.0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=3 * SEEN))
def test_quantiles_are_those_of_the_latest(durations):
    """As NumPy has them, however many durations came before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("realtime.latency.KEPT", SEEN)
        latencies = Latencies()
        for one in durations:
            latencies.add("label", one)
    p50, p95 = np.percentile(durations[-SEEN:], [50, 95])
    assert latencies.quantiles()["label"] == pytest.approx((p50, p95, max(durations)))
