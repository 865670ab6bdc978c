"""An OpenBCI Cyton behind its dongle: a stream of 33-byte packets without checksums, and commands of letters.

Source: the maker's data format page and SDK.
"""

import struct
from collections.abc import Sequence

import numpy as np

from devices.emulation.analog import reading
from devices.emulation.packets import PacketDevice
from devices.emulation.waveforms import Body, Waveform

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


class Cyton(PacketDevice):
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
            self._start()

    def restart(self) -> None:
        """Wait, with the accelerometer in the auxiliary bytes."""
        self.end()
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

    def packet(self, number: int, raw: Sequence[int]) -> tuple[Sequence[int], bytes]:
        """Return eight channels of 24 bits and three auxiliary words, between A0 and the footer."""
        channels = b"".join((value % 2**24).to_bytes(3, "big") for value in raw[:8])
        return raw, b"\xa0" + bytes([number % 256]) + channels + struct.pack(">3h", *raw[8:]) + bytes([self._footer])

    def _command(self, command: str) -> bytes:
        if command == "b":
            self._start()
        elif command == "s":
            self.end()
        elif command == "v":
            self.end()
            self._analog = False
        if self.streaming:
            return b""
        if command in ("/0", "/2"):
            self._analog = command == "/2"
        if command[0] == "x":
            return f"Success: Channel set for {command[1]}$$$".encode()
        return _REPLIES.get(command, b"")

    def _start(self) -> None:
        self._footer = 0xC1 if self._analog else 0xC0
        pins = [reading(self._body, pin, 10, 3.3) for pin in self._pins]
        self.begin(RATE, [*map(self._lead, _LEADS), *(pins if self._analog else map(_gravity, range(3)))])

    def _lead(self, share: float) -> Waveform:
        counts = 1000.0 * share / MICROVOLT_PER_COUNT
        return lambda times: np.clip(np.round(self._body.electrocardiogram(times) * counts), -(2**23), 2**23 - 1)


def _gravity(axis: int) -> Waveform:
    """Return an accelerometer at rest, 0.002/16 g a count, at 25 Hz: between its values the bytes are 0."""
    count = (0, 0, 8000)[axis]
    return lambda times: np.where(np.round(times * RATE) % 10 == 0, float(count), 0.0)
