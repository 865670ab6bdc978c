"""Somebody who looks on at a long session and says what is wrong with it: samples, labels, speech and devices."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from devices.block import Block, Gap
from devices.emulation.rehearsal import Trouble
from devices.link.background import State
from devices.live import LiveSource
from realtime.arrivals import Ended, Item
from realtime.fusion import Label, SegmentResult
from realtime.session import MAX_AGE_S, Message, Session

HOP_S = 0.5
"""Between labels"""
LATEST_S = 5.0
"""A label may come so long after the one before it, where nothing stalls"""
RETURN_S = 30.0
"""Within which a device streams again after what was wrong with it is over"""
SPEECH_S = 30.0
"""Somebody who speaks on ends a segment within this time: the longest segment, its words, and some more"""


class Watch:
    """A tap on a session that remembers each kind of failure with the first of them, and how often it came.

    Parameters
    ----------
    source
        The devices themselves.
    named
        Device by where troubles strike it.
    troubles
        What goes wrong on purpose.
    """

    badge = ""

    def __init__(
        self,
        source: LiveSource,
        named: Mapping[str, str],
        troubles: Sequence[Trouble],
    ) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        """Called before each item is taken"""
        self.failures: dict[str, str] = {}
        """The first failure of each kind, in one line"""
        self.times: Counter[str] = Counter()
        """Failures by kind"""
        self.events = self.labels = self.segments = 0
        self.lost: Counter[str] = Counter()
        """Samples that gaps have told of, by reason"""
        self.lateness_s = 0.0
        """Of the latest label, at most"""
        self._source, self._named = source, dict(named)
        self._troubles = sorted(troubles, key=lambda one: one.until)
        self._next: dict[str, int] = {}
        self._label: Label | None = None
        self._labelled = self._spoke = 0.0
        self._away: dict[str, float] = {}
        self._is_over = False

    def fail(self, kind: str, text: str) -> None:
        """Note that something is not as it should be."""
        self.failures.setdefault(kind, text)
        self.times[kind] += 1

    def item(self, item: Item) -> None:
        """Count every sample: what is not there must have been told of."""
        self.meanwhile()
        self.events += 1
        match item:
            case Block():
                expected = self._next.get(item.stream, item.index)
                if item.index != expected:
                    self.fail(
                        "samples", f"{item.index - expected} {item.stream} samples vanished before {item.time:.2f} s"
                    )
                self._next[item.stream] = item.index + len(item.values)
            case Gap(duration=float(), lost=int() as lost):
                self._next[item.stream] = self._next.get(item.stream, 0) + lost
                self.lost[item.reason] += lost
            case Ended():
                self._is_over = True
            case _:
                pass

    def message(self, message: Message) -> None:
        """Look at each label and segment."""
        match message:
            case Label():
                self._take_label(message)
            case SegmentResult():
                self.segments += 1
                self._spoke = self._source.clock.now()
            case _:
                pass

    def news(self, *, finished: bool) -> str | None:  # noqa: ARG002 - as Tap wants it
        """Nothing."""
        return None

    def look(self, session: Session) -> None:
        """Look at what must not stick; to be called often."""
        now = self._source.clock.now()
        if now - self._labelled > LATEST_S:
            self.fail("labels", f"no label came for {now - self._labelled:.1f} s at {now:.1f} s")
        if not session.pipeline.segmenter.speaking:
            self._spoke = now
        elif now - self._spoke > SPEECH_S:
            self.fail("speech", f"somebody speaks since {self._spoke:.1f} s without a segment, at {now:.1f} s")
        for one in self._source.states():
            self._follow(one.device, one.state, now)

    def check_accounts(self, session: Session) -> None:
        """Look whether the session's books balance."""
        for one in session.accounts():
            if one.missing:
                self.fail(f"account of {one.name}", f"{one.name}: {one.missing} of {one.taken} are unaccounted for")

    def _take_label(self, label: Label) -> None:
        now = self._source.clock.now()
        if self._label is not None and abs(label.t - self._label.t - HOP_S) > 1e-6:
            self.fail("labels", f"the label after {self._label.t:.1f} s is that of {label.t:.1f} s")
        lateness = sum(value for part, value in label.latency_ms.items() if part != "window") / 1000.0
        if not self._is_over:  # the last labels wait for the last words
            self.lateness_s = max(self.lateness_s, lateness)
        if lateness > MAX_AGE_S and not self._is_over:
            self.fail("age", f"the label of {label.t:.1f} s came {lateness:.2f} s after its last sample was here")
        self.labels += 1
        self._label, self._labelled = label, now

    def _follow(self, device: str, state: str, now: float) -> None:
        if state == State.STREAMING.value:
            self._away.pop(device, None)
            return
        since = self._away.setdefault(device, now)
        over = max(
            (one.until for one in self._troubles if self._named.get(one.on) == device and one.at <= now), default=0.0
        )
        if now - max(since, over) > RETURN_S:
            self.fail("devices", f"{device} is {state} at {now:.1f} s, {now - max(since, over):.0f} s after its fault")
