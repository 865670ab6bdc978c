"""Where a session's segments wait for their words, and what it does when they are slow.

A recording is waited for: nothing of it is dropped. Live, labels come before words, and new words before old.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from realtime.arrivals import Arrival, WordsCome, WordsLate, WordsWanted
from realtime.pacing import Pacer
from realtime.words import Spoken, Words, no_words

MOST_WAITING = 4
"""Segments in front of Whisper at which a replay stops reading: memory stays bounded, and nothing is dropped"""
LONGEST_S = 30.0
"""Between the ends of two segments, after which the words of the earlier one are given up, seconds"""
TOO_SLOW = "skipped, Whisper is too slow"


class Desk(Protocol):
    """Takes segments, gives back what comes of them."""

    def take(self, wanted: WordsWanted) -> None:
        """Take a segment that is over."""
        ...

    def come(self) -> Iterator[Arrival]:
        """What has come since the last time, in the order of the segments."""
        ...

    def rest(self) -> Iterator[Arrival]:
        """All that is still to come, at the end of a session."""
        ...


@dataclass(slots=True, eq=False)
class _Order:
    wanted: WordsWanted
    spoken: Future[Spoken]
    late: bool = False

    def come(self) -> WordsCome:
        """Its words; waits for them."""
        return WordsCome(self.wanted.number, self.spoken.result())


class PatientDesk:
    """Every segment gets its words, however long that takes."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._orders: list[_Order] = []

    def take(self, wanted: WordsWanted) -> None:
        """Take a segment that is over."""
        self._orders.append(_Order(wanted, self._words.submit(wanted.segment)))

    def come(self) -> Iterator[Arrival]:
        """Words that are there, and those of the oldest segments if too many wait."""
        while self._orders and (len(self._orders) > MOST_WAITING or self._orders[0].spoken.done()):
            yield self._orders.pop(0).come()

    def rest(self) -> Iterator[Arrival]:
        """Wait for all."""
        while self._orders:
            yield self._orders.pop(0).come()


class PromptDesk:
    """Labels wait for words only so long, and words that nobody can use any more are not made.

    Parameters
    ----------
    pacer
        Tells how long ago a segment was over.
    max_age_s
        Labels must not be older, seconds: they wait for words for half of it. A segment that has not been begun at this
        age is skipped for a newer one.
    """

    def __init__(self, words: Words, pacer: Pacer, max_age_s: float) -> None:
        self._words, self._pacer, self._max_age_s = words, pacer, max_age_s
        self._orders: list[_Order] = []

    def take(self, wanted: WordsWanted) -> None:
        """Take a segment that is over."""
        self._orders.append(_Order(wanted, self._words.submit(wanted.segment)))

    def come(self) -> Iterator[Arrival]:
        """Words that are there, and what the session must do without."""
        for order in list(self._orders):
            age = self._pacer.latency_ms(order.wanted.segment.closed_at) / 1000.0
            if order.spoken.done():
                self._orders.remove(order)
                yield order.come()
            elif age > self._max_age_s and order is not self._orders[-1] and order.spoken.cancel():
                self._orders.remove(order)
                yield WordsCome(order.wanted.number, no_words(order.wanted.segment, TOO_SLOW))
            elif age > self._max_age_s / 2 and not order.late:
                order.late = True
                yield WordsLate(order.wanted.number)

    def rest(self) -> Iterator[Arrival]:
        """Wait for what is being transcribed, and for what is not too old."""
        while self._orders:
            yield from self.come()
            if self._orders:
                yield self._orders.pop(0).come()


class ToldDesk:
    """The words come among the items, as they came when the session was recorded.

    Those that a damaged recording has lost are not waited for longer than until a segment is over `LONGEST_S` after
    theirs.
    """

    def __init__(self) -> None:
        self._wanted: list[WordsWanted] = []

    def take(self, wanted: WordsWanted) -> None:
        """Take a segment that is over."""
        self._wanted.append(wanted)

    def come(self) -> Iterator[Arrival]:
        """Nothing, but that it is too late for some."""
        while self._wanted and self._wanted[-1].segment.closed_at - self._wanted[0].segment.closed_at > LONGEST_S:
            yield WordsLate(self._wanted.pop(0).number)

    def rest(self) -> Iterator[Arrival]:
        """Nothing."""
        yield from ()
