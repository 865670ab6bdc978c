"""A raw capture in place of its device."""

import time
from collections.abc import Callable, Sequence

from devices.link.captured import Captured, Entry
from devices.link.transport import READ_S, PortAbsent, Unplugged

PATIENCE_S = 1.0
"""A capture that waits for something to be written to it goes on after so long"""


class Tape:
    """Entries of a capture, played so that the device answers when it is asked, not before.

    Parameters
    ----------
    entries
        In order.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._next = 0

    @property
    def next(self) -> Entry | None:
        """What comes next; None at the end."""
        return self._entries[self._next] if self._next < len(self._entries) else None

    def due(self, now: float) -> Entry | None:
        """Take the next read or event if it came by now and waits for no write; `now` in the times of the capture."""
        while (entry := self.next) is not None and entry.time <= now:
            if entry.direction == ">" and now < entry.time + PATIENCE_S:
                return None
            self._next += 1
            if entry.direction in ("<", "!"):
                return entry
        return None

    def hear(self, data: bytes) -> float | None:
        """Go on after the next write of these bytes; the time at which it was, None where there is none."""
        for at in range(self._next, len(self._entries)):
            entry = self._entries[at]
            if entry.direction == "!":
                break
            if entry.direction == ">" and entry.data == data:
                self._next = at + 1
                return entry.time
        return None

    def skip_opening(self) -> None:
        """Go on after the notes of the port being opened."""
        while (entry := self.next) is not None and is_opening(entry):
            self._next += 1


def is_opening(entry: Entry) -> bool:
    """Tell whether the port was opened then."""
    return entry.direction == "!" and entry.text.startswith("opened")


class CaptureTransport:
    """A capture in place of its device: the same bytes at the same moments.

    It goes faster with a session clock that does, `SessionClock(lambda: 10 * time.monotonic())`: the handshake, whose
    waiting times are in session time, then keeps pace.

    Parameters
    ----------
    captured
        What was read.
    name
        For people.
    now
        Session time, seconds.
    sleep
        How to wait a little, seconds.
    """

    def __init__(
        self,
        captured: Captured,
        name: str,
        now: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._tape = Tape(captured.entries)
        self._now, self._sleep = now, sleep
        self._began: float | None = None

    def is_there(self) -> bool:
        """Whether anything is left to play."""
        return self._tape.next is not None

    def open(self) -> None:
        """Begin, or go on after a loss."""
        entry = self._tape.next
        if entry is None:
            raise PortAbsent(f"{self.name}: the capture is over")
        self._began = self._now() - entry.time
        self._tape.skip_opening()

    def read(self) -> bytes:
        """Return what had come by now."""
        data = self._due()
        if not data:
            self._sleep(READ_S)
            data = self._due()
        return data

    def write(self, data: bytes) -> None:
        """Go on to where this was written."""
        written = self._tape.hear(data)
        if written is not None:
            self._began = self._now() - written

    def close(self) -> None:
        """Stay where the capture is."""
        self._began = None

    def _due(self) -> bytes:
        if self._began is None:
            raise Unplugged(f"{self.name}: the capture is not open")
        now, data = self._now() - self._began, b""
        while not (data and self._ends()) and (entry := self._tape.due(now)):
            data += entry.data
            if entry.direction == "!" and not is_opening(entry):
                raise Unplugged(f"{self.name}: {entry.text.removeprefix('lost: ')}")
        if not data and not self.is_there():
            raise Unplugged(f"{self.name}: the capture is over")
        return data

    def _ends(self) -> bool:
        """Whether a loss comes next, before which what there is must be read."""
        entry = self._tape.next
        return entry is not None and entry.direction == "!"
