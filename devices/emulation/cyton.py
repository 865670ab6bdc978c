"""An OpenBCI Cyton behind its dongle: a stream of 33-byte packets without checksums, and commands of letters.

Source: the maker's data format page and SDK.
"""

import struct
from collections.abc import Iterator, Sequence

import numpy as np

from devices.emulation.analog import reading
from devices.emulation.device import Device, Reading, Sampling
from devices.emulation.waveforms import Body, Tape, Waveform

RATE = 250.0
MICROVOLT_PER_COUNT = 4.5e6 / 24 / (2**23 - 1)
"""At the gain of 24"""
_GREETING = b"OpenBCI V3 8-16 channel\nOn Board ADS1299 Device ID: 0x3E\nLIS3DH Device ID: 0x33\nFirmware: v3.1.2\n$$$"
_REPLIES = {
    "v": _GREETING,
    "d": b"updating channel settings to default$$$",
    "V": b"v3.1.2$$$",
    "?": b"Board ADS Registers\nADS_ID, 00, 3E, 0, 0, 1, 1, 1, 1, 1, 0\n$$$",
    "<": b"Time stamp ON$$$",
    ">": b"Time stamp OFF$$$",
    "/0": b"Success: default$$$",
    "/2": b"Success: analog$$$",
    "//": b"Success: mode$$$",
    "~6": b"Success: Sample rate is 250Hz$$$",
    "~~": b"Success: Sample rate is 250Hz$$$",
    "\xf0\x07": b"Success: System is up$$$",
}
"""Commands that are answered, when it does not stream"""
_LEADS = (1.0, 0.6, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Share of the ECG on each channel"""


class Cyton(Device):
    """A Cyton of eight channels: an ECG on channel 1, skin conductance on D11 (A5), temperature on D12 (A6).

    Parameters
    ----------
    body
        Whose signals it measures.
    streaming
        Whether it streams already, left so by a program that crashed: opening the port does not reset it.
    analog
        What is on the pins A5, A6 and A7, one of `analog.SENSORS` each.
    keep
        Packets that the ledger remembers.
    """

    def __init__(
        self,
        body: Body | None = None,
        streaming: bool = False,
        analog: Sequence[str] = ("eda", "temp", "ppg"),
        keep: int | None = None,
    ) -> None:
        super().__init__(keep)
        self._body, self._pins = body or Body(), tuple(analog)
        self.restart()
        if streaming:
            self._begin()

    @property
    def streaming(self) -> bool:
        """Whether it sends packets."""
        return self._sampling is not None

    def restart(self) -> None:
        """Wait, with the accelerometer in the auxiliary bytes."""
        self._sampling: Sampling | None = None
        self._analog = False
        self._heard = ""

    def obey(self, data: bytes) -> bytes:
        """Take commands of one letter, of two after `/`, `~` and F0, of nine after `x`."""
        self._heard += data.decode("latin-1")
        out = b""
        while self._heard and len(self._heard) >= (size := {"/": 2, "~": 2, "\xf0": 2, "x": 9}.get(self._heard[0], 1)):
            command, self._heard = self._heard[:size], self._heard[size:]
            out += self._command(command)
        return out

    def measure(self) -> Iterator[Reading]:
        """Return the packets due."""
        if self._sampling is None:
            return
        for k in self._sampling.due(self.clock):
            raw = tuple(int(value) for value in self._tape.row(k))
            channels = b"".join((value % 2**24).to_bytes(3, "big") for value in raw[:8])
            data = b"\xa0" + bytes([k % 256]) + channels + struct.pack(">3h", *raw[8:]) + bytes([self._footer])
            yield Reading("", k, tuple(map(float, raw)), self._sampling.time(k), data)

    def _command(self, command: str) -> bytes:
        if command == "b":
            self._begin()
        elif command == "s":
            self._sampling = None
        elif command == "v":
            self.restart()
        if self.streaming:
            return b""
        if command in ("/0", "/2"):
            self._analog = command == "/2"
        if command[0] == "x":
            return f"Success: Channel set for {command[1]}$$$".encode()
        return _REPLIES.get(command, b"")

    def _begin(self) -> None:
        self._footer = 0xC1 if self._analog else 0xC0
        auxiliary = (
            [reading(self._body, pin, 10, 3.3) for pin in self._pins]
            if self._analog
            else [_gravity(axis) for axis in range(3)]
        )
        self._sampling = Sampling(RATE, self.clock)
        self._tape = Tape([*map(self._lead, _LEADS), *auxiliary], RATE, self.clock)

    def _lead(self, share: float) -> Waveform:
        counts = 1000.0 * share / MICROVOLT_PER_COUNT
        return lambda times: np.clip(np.round(self._body.electrocardiogram(times) * counts), -(2**23), 2**23 - 1)


def _gravity(axis: int) -> Waveform:
    """Return an accelerometer at rest, 0.002/16 g a count, at 25 Hz: between its values the bytes are 0."""
    count = (0, 0, 8000)[axis]
    return lambda times: np.where(np.round(times * RATE) % 10 == 0, float(count), 0.0)
