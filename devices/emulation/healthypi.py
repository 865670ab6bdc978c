"""A ProtoCentral HealthyPi that sends OpenView packets from the moment it has power.

Source: protocentral_openview2, packet type 2: ECG, breath, pulse, temperature, SpO2, heart and breathing rate.
"""

import struct
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from devices.emulation.packets import PacketDevice
from devices.emulation.waveforms import Body

RATE = 128.0
_PAYLOAD = struct.Struct("<iiBiiHBBB")
COUNTS_PER_MILLIVOLT = (2**23 - 1) * 6 / 2420.0
"""At a gain of 6; the maker does not say which one its boards have"""
NO_FINGER = 25
_BREATHS = 15
"""A minute"""


class HealthyPi(PacketDevice):
    """A HealthyPi; it takes no commands.

    Parameters
    ----------
    body
        Whose signals it measures.
    keep
        Packets that the ledger remembers.
    """

    layout: ClassVar[str] = "2"

    def __init__(self, body: Body | None = None, keep: int | None = None) -> None:
        super().__init__(keep)
        self._body = body or Body()
        self.restart()

    def restart(self) -> None:
        """Send."""
        body = self._body
        self.begin(
            RATE,
            [
                lambda times: np.round(body.electrocardiogram(times) * COUNTS_PER_MILLIVOLT),
                lambda times: np.round(body.breath(times) * 2000.0),
                lambda times: np.round(body.pulse(times) * 100_000.0),
                lambda times: np.round(body.skin_temperature(times) * 100.0),
                lambda times: np.where([body.contact(float(time)) for time in times], 98.0, NO_FINGER),
                lambda times: np.array([self._heart_rate(float(time)) for time in times]),
            ],
        )

    def obey(self, data: bytes) -> bytes:  # noqa: ARG002 - it reads nothing
        """Listen to nothing."""
        return b""

    def packet(self, number: int, raw: Sequence[int]) -> tuple[Sequence[int], bytes]:  # noqa: ARG002 - it has no counter
        """Return a packet of type 2; values are those of its payload that a decoder names."""
        ecg, breath, pulse, temperature, oxygen, heart = raw
        payload = _PAYLOAD.pack(ecg, breath, 0, pulse, 0, temperature, oxygen, heart, _BREATHS)
        data = b"\x0a\xfa" + struct.pack("<HB", len(payload), 2) + payload + b"\x00\x0b"
        return (*raw, _BREATHS), data

    def _heart_rate(self, time: float) -> float:
        beats = self._body.beats(time - 10.0, time)
        found = self._body.contact(time) and len(beats) > 2
        return float(np.round(60.0 / np.diff(beats).mean())) if found else 0.0
