"""A ProtoCentral HealthyPi that sends OpenView packets from the moment it has power.

Source: protocentral_openview2, packet type 2: ECG, breath, pulse, temperature, SpO2, heart and breathing rate.
"""

import struct
from collections.abc import Iterator

import numpy as np

from devices.emulation.device import Device, Reading, Sampling
from devices.emulation.waveforms import Body, Tape

RATE = 128.0
_PAYLOAD = struct.Struct("<iiBiiHBBB")
COUNTS_PER_MILLIVOLT = (2**23 - 1) * 6 / 2420.0
"""At a gain of 6; the maker does not say which one its boards have"""
NO_FINGER = 25


class HealthyPi(Device):
    """A HealthyPi; it takes no commands.

    Parameters
    ----------
    body
        Whose signals it measures.
    keep
        Packets that the ledger remembers.
    """

    def __init__(self, body: Body | None = None, keep: int | None = None) -> None:
        super().__init__(keep)
        self._body = body or Body()
        self.restart()

    def restart(self) -> None:
        """Send."""
        body = self._body
        self._sampling = Sampling(RATE, self.clock)
        self._tape = Tape(
            [
                lambda times: np.round(body.electrocardiogram(times) * COUNTS_PER_MILLIVOLT),
                lambda times: np.round(body.breath(times) * 2000.0),
                lambda times: np.round(body.pulse(times) * 100_000.0),
                lambda times: np.round(body.skin_temperature(times) * 100.0),
            ],
            RATE,
            self.clock,
        )

    def obey(self, data: bytes) -> bytes:  # noqa: ARG002 - it reads nothing
        """Listen to nothing."""
        return b""

    def measure(self) -> Iterator[Reading]:
        """Return the packets due; the ledger's values are those of the payload, in its order."""
        for k in self._sampling.due(self.clock):
            time = self._sampling.time(k)
            ecg, breath, pulse, temperature = (int(value) for value in self._tape.row(k))
            oxygen, heart = (98, self._heart_rate(time)) if self._body.contact(time) else (NO_FINGER, 0)
            values = (ecg, breath, 0, pulse, 0, temperature, oxygen, heart, 15)
            payload = _PAYLOAD.pack(*values)
            data = b"\x0a\xfa" + struct.pack("<HB", len(payload), 2) + payload + b"\x00\x0b"
            shown = (ecg, breath, pulse, temperature, oxygen, heart, 15)
            yield Reading("2", k, tuple(map(float, shown)), time, data)

    def _heart_rate(self, time: float) -> int:
        beats = self._body.beats(time - 10.0, time)
        return round(60.0 / float(np.diff(beats).mean())) if len(beats) > 2 else 0
