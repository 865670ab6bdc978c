"""Whether what comes from a device is what it should be, and what else it looks like when it is not."""

from devices.sensors.frames import Counters

FRAMES, SHARE = 3, 0.5
"""A device is believed after so many frames that make up this share of all bytes"""
ENOUGH_BYTES = 64
"""Bytes that are judged by their looks"""
TEXT_SHARE = 0.95
"""Of printable bytes: at another baud rate, text has 30 to 40 % of them"""
_PRINTABLE = bytes([9, 10, 13, *range(32, 127)])


def printable(data: bytes) -> int:
    """Return how many bytes could be of a text."""
    return len(data) - len(data.translate(None, _PRINTABLE))


class Evidence:
    """What has come since a device was opened, or since its last good frame.

    Parameters
    ----------
    counters
        The decoder's, fresh.
    """

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._frames = 0
        self._bytes = self._zeros = self._printable = self._lines = 0
        self.is_proven = False
        """True once enough frames have come among few other bytes: garbage makes a frame by chance now and then"""

    def push(self, data: bytes) -> bool:
        """Take bytes that have just been decoded; True when they completed a frame among few other bytes."""
        counters = self._counters
        judged = counters.received - counters.waiting
        good = counters.frames > self._frames and counters.accepted >= SHARE * judged
        if good:
            self._bytes = self._zeros = self._printable = self._lines = 0
        else:
            self._bytes += len(data)
            self._zeros += data.count(0)
            self._printable += printable(data)
            self._lines += data.count(b"\n")
        self._frames = counters.frames
        if good and counters.frames >= FRAMES:
            self.is_proven = True
        return good

    def complaint(self, title: str, baud: int | None, seconds: float) -> str:
        """Say in one line what is wrong with a device that has given no good frame for some seconds.

        Parameters
        ----------
        title
            What the device should be.
        baud
            At which its port was opened; None where there is no such thing.
        seconds
            Since the last good frame, or since it was opened.
        """
        at = f" at {baud} baud" if baud else ""
        if not self._bytes and not self.is_proven:
            return f"sends nothing{at}: is it switched on and connected, and is the baud rate right?"
        if not self._bytes:
            return f"sends nothing any more for {seconds:.1f} s"
        pace = f"{self._bytes / max(seconds, 0.1):.0f} bytes a second"
        if self._bytes >= ENOUGH_BYTES and self._zeros >= 0.95 * self._bytes:
            return f"wrong baud rate or another protocol: only zero bytes come{at} ({pace}); set baud="
        if self._lines and self._printable >= TEXT_SHARE * self._bytes:
            return f"wrong protocol: lines of text come{at} ({pace}) that are not {title}; set protocol= or channels="
        return f"wrong baud rate or another protocol: {pace} come{at}, and none is of {title}; set baud= or protocol="
