"""BITalino (r)evolution as its firmware behaves: it obeys each command in its own state only, and overflows like it.

Source: firmware-bitalino-revolution 5.2, described in words; no part of it is copied.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from devices.emulation.analog import reading
from devices.emulation.packets import PacketDevice
from devices.emulation.waveforms import Body
from devices.sensors.bitalino_frame import FORMATS, WIDTHS, Status

RATES = (1.0, 10.0, 100.0, 1000.0)
PORTS = ("A1", "A2", "A3", "A4", "A5", "A6")
PLUGGED: Mapping[str, str] = {"A1": "temp", "A2": "ecg", "A3": "eda", "A4": "ppg", "A5": "breath", "A6": "nothing"}
"""What is plugged into each port, where nothing else is said"""
_VCC = 3.3
_BATTERY = 590


class Bitalino(PacketDevice):
    """A BITalino, idle until told to start.

    Parameters
    ----------
    body
        Whose signals it measures.
    plugged
        Port to sensor, one of `analog.SENSORS`; ports left out are as in `PLUGGED`.
    version
        Of the firmware: from 5.2 on the status has 17 bytes, before 16.
    bluetooth
        Whether the port is an RFCOMM one, whose baud rate means nothing.
    keep
        Frames that the ledger remembers.
    """

    ring_bytes = 1500

    def __init__(
        self,
        body: Body | None = None,
        plugged: Mapping[str, str] | None = None,
        version: str = "5.2",
        bluetooth: bool = False,
        keep: int | None = None,
    ) -> None:
        super().__init__(keep)
        if bluetooth:
            self.baud = None
        self._body = body or Body()
        self._version = version
        sensors = {**PLUGGED, **(plugged or {})}
        self._converters = [reading(self._body, sensors[port], 10, _VCC) for port in PORTS]
        self.restart()

    def restart(self) -> None:
        """Idle, at 1000 Hz."""
        self.rate = 1000.0
        self.threshold, self.pwm, self.outputs = 0, 100, 0
        self._simulated = False
        self.end()
        self._awaits_pwm = False

    def fits(self, free: int, data: bytes) -> bool:  # noqa: ARG002 - the firmware does not look at the size
        """With 8 bytes left or fewer the new frame is skipped; its sequence number is used up all the same."""
        return free > 8

    def obey(self, data: bytes) -> bytes:
        """Take commands, one byte each."""
        return b"".join(self._command(byte) for byte in data)

    def packet(self, number: int, raw: Sequence[int]) -> tuple[Sequence[int], bytes]:
        """Return a frame; the fifth and sixth channel keep their upper six bits."""
        levels = [level >> 10 - width for level, width in zip(raw, WIDTHS, strict=False)]
        digital = number % 16 if self._simulated else self.outputs
        return levels, FORMATS[len(levels)].pack(number, digital, levels)

    def _command(self, byte: int) -> bytes:
        if self._awaits_pwm:
            self._awaits_pwm, self.pwm = False, byte
        elif byte == 0xA3:
            self._awaits_pwm = True
        elif byte & 0xF3 == 0xB3:
            self.outputs = byte >> 2 & 3
        elif self.streaming:
            self._when_live(byte)
        else:
            return self._when_idle(byte)
        return b""

    def _when_live(self, byte: int) -> None:
        if byte in (0x00, 0xFF):
            self.end()
        elif byte & 0xF3 == 0x03:
            self.outputs = byte >> 2 & 3

    def _when_idle(self, byte: int) -> bytes:
        if byte in (0x07, 0x0F):
            return f"BITalino_v{self._version}\n".encode()
        if byte == 0x0B:
            return self._status()
        if byte & 0x3F == 0x03:
            self.rate = RATES[byte >> 6]
        elif byte & 3 in (1, 2):
            self._start(byte >> 2, simulated=byte & 3 == 2)
        elif byte & 3 == 0:
            self.threshold = byte >> 2
        return b""

    def _start(self, mask: int, simulated: bool) -> None:
        selected = [converter for port, converter in enumerate(self._converters) if mask >> port & 1]
        if selected:
            self._simulated = simulated
            self.begin(self.rate, selected, together=2 if self.rate == RATES[-1] else 1)

    def _status(self) -> bytes:
        now = np.array([self.clock])
        analog = tuple(int(convert(now)[0]) for convert in self._converters)
        pwm = self.pwm if tuple(map(int, self._version.split("."))) >= (5, 2) else None
        return Status(analog, _BATTERY, self.threshold, pwm, self.outputs).pack()
