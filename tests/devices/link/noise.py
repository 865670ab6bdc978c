"""A device that is none of ours: it sends nothing, zeros, text or noise, and obeys nobody."""

import random
from collections.abc import Iterator

from devices.emulation.device import Device, Reading, Sampling


class Noise(Device):
    """Sends bytes of a kind, 10 kB a second."""

    def __init__(self, kind: str) -> None:
        super().__init__(keep=10)
        self._chance = random.Random(1)  # noqa: S311 - noise, not a secret
        self._kind = kind
        self._ticks = Sampling(1000.0)

    def restart(self) -> None:
        """Goes on."""

    def obey(self, data: bytes) -> bytes:  # noqa: ARG002 - it obeys nobody
        return b""

    def measure(self) -> Iterator[Reading]:
        due = self._ticks.due(self.clock)
        text = {"nothing": b"", "zeros": bytes(10), "text": b"EDA: 1.5\r\n", "noise": self._chance.randbytes(10)}
        data = text[self._kind]
        return iter([Reading("", k, (), 0.0, data) for k in due] if data else [])
