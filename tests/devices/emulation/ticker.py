"""The simplest device: numbered frames of four bytes, started by `b` and stopped by `s`."""

from collections.abc import Iterator

from devices.emulation.device import Device, Reading, Sampling


class Ticker(Device):
    """Sends `T`, a counter of two bytes and their sum, 100 times a second; answers `v` by `ticker`."""

    ring_bytes = 40

    def __init__(self, running: bool = True) -> None:
        super().__init__()
        self.openings = 0
        self._always = running
        self.restart()

    def opened(self) -> None:
        self.openings += 1

    def restart(self) -> None:
        self._sampling = Sampling(100.0, self.clock) if self._always else None

    def obey(self, data: bytes) -> bytes:
        if b"b" in data:
            self._sampling = Sampling(100.0, self.clock)
        if b"s" in data:
            self._sampling = None
        return b"ticker\n" if b"v" in data else b""

    def measure(self) -> Iterator[Reading]:
        if self._sampling is None:
            return
        for k in self._sampling.due(self.clock):
            high, low = divmod(k % 65536, 256)
            data = bytes([0x54, high, low, (high + low) % 256])
            yield Reading("", k, (float(k),), self._sampling.time(k), data)


def numbers(data: bytes) -> list[int]:
    """The counters of whole frames, wherever they are."""
    found, at = [], 0
    while at + 4 <= len(data):
        if data[at] == 0x54 and (data[at + 1] + data[at + 2]) % 256 == data[at + 3]:
            found.append(data[at + 1] * 256 + data[at + 2])
            at += 4
        else:
            at += 1
    return found
