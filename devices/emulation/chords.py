"""An Arduino Uno with the Chords firmware and sensors on its analog pins.

Source: Chords-Arduino-Firmware, described in words. It reads a command until a second has passed without a byte, and
measures nothing meanwhile.
"""

import struct
from collections.abc import Iterator, Sequence

from devices.emulation.analog import reading
from devices.emulation.device import Reading
from devices.emulation.packets import PacketDevice
from devices.emulation.waveforms import Body

RATE = 250.0
_SUPPLY = 5.0
_PATIENCE_S = 1.0
_BOOT_S = 1.5


class Chords(PacketDevice):
    """A Uno R3 that waits for its commands: `WHORU`, `START`, `STOP`, `STATUS`.

    Parameters
    ----------
    body
        Whose signals it measures.
    pins
        What is on A0 to A5, one of `analog.SENSORS` each; pins left out have nothing.
    keep
        Packets that the ledger remembers.
    """

    baud = 230_400

    def __init__(
        self, body: Body | None = None, pins: Sequence[str] = ("ecg", "eda", "temp"), keep: int | None = None
    ) -> None:
        super().__init__(keep)
        sensors = [*pins, *["nothing"] * 6][:6]
        self._converters = [reading(body or Body(), sensor, 10, _SUPPLY) for sensor in sensors]
        self.restart()

    def opened(self) -> None:
        """DTR rises and starts it anew."""
        self.power_off()

    def restart(self) -> None:
        """Boot, and wait for a command."""
        self._ready = self.clock + _BOOT_S
        self.end()
        self._heard, self._heard_at = b"", 0.0

    def obey(self, data: bytes) -> bytes:
        """Collect a command; any byte ends the stream. What comes while it boots is lost."""
        if self.clock >= self._ready:
            self._heard, self._heard_at = self._heard + data, self.clock
            self.end()
        return b""

    def measure(self) -> Iterator[Reading]:
        """Obey what was said a second ago; return the packets due."""
        if self._heard and self.clock - self._heard_at >= _PATIENCE_S:
            self._command(self._heard.decode("latin-1").strip().upper())
            self._heard = b""
        yield from super().measure()

    def packet(self, number: int, raw: Sequence[int]) -> tuple[Sequence[int], bytes]:
        """Return six pins of 16 bits between `C7 7C`, counter and `01`."""
        return raw, b"\xc7\x7c" + bytes([number % 256]) + struct.pack(">6H", *raw) + b"\x01"

    def _command(self, command: str) -> None:
        if command == "START":
            self.begin(RATE, self._converters)
        elif command == "WHORU":
            self.say(b"UNO-R3\r\n")
        elif command == "STATUS":
            self.say(b"STOPPED\r\n")
