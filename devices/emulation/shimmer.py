"""A Shimmer3 with LogAndStream firmware over Bluetooth: commands, acknowledgements, data packets, checksums.

Source: the vendor's firmware and APIs, described in words, and the public vectors of pyshimmer's tests. GSR and ECG are
normally two units; this one has both, so that either can be asked for.
"""

import struct
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from devices.demo.body import Signal
from devices.emulation.packets import PacketDevice
from devices.emulation.waveforms import Body, Waveform
from devices.sensors.shimmer_decoder import checksum
from devices.sensors.shimmer_driver import ECG_REGISTERS
from devices.sensors.shimmer_inquiry import FIELDS, Field

TICK_HZ = 32768
_ACK, _NACK, _INSTREAM, _STATUS = b"\xff", b"\xfe", 0x8A, 0x71
_LEADS = {"ExG1ch1": 1.0, "ExG1ch2": 0.6, "ExG2ch1": 0.0, "ExG2ch2": 0.8}
"""Share of the ECG on each channel"""
_GAINS = (6, 1, 2, 3, 4, 8, 12)
_RESISTORS = np.array([40.2, 287.0, 1000.0, 3300.0])
"""Kiloohm, of the ranges 0..3"""
_EDGES = (63.0, 220.0, 680.0)
"""Kiloohm of skin at which the automatic range changes"""
_ARGUMENTS = {0x05: 2, 0x08: 3, 0x21: 1, 0x61: 3, 0x63: 3, 0x8B: 1, 0xA3: 1}
"""Bytes after the command; 61 is followed by as many more as its third one says"""
_SETTERS = (0x05, 0x07, 0x08, 0x20, 0x21, 0x61, 0x8B, 0x96, 0xA3)
"""Acknowledged, and nothing more"""


_SENSORS = (
    (1, 0x20, (0x03,)),
    (1, 0x01, (0x12,)),
    (0, 0x04, (0x1C,)),
    (0, 0x10, (0x1D, 0x1E, 0x1F)),
    (0, 0x08, (0x20, 0x21, 0x22)),
    (2, 0x10, (0x1D, 0x23, 0x24)),
    (2, 0x08, (0x20, 0x25, 0x26)),
)
"""Byte and bit of the command that sets sensors, and the channels that follow from it; in the firmware's order"""


def sealed(message: bytes, mode: int) -> bytes:
    """Return a message with its checksum of 0, 1 or 2 bytes, low byte first."""
    return message + checksum(message).to_bytes(2, "little")[:mode]


def gsr(micro: Signal, setting: int = 4) -> Signal:
    """Return the raw GSR of conductances: two bits of range, twelve of converter. Setting 4 chooses the range."""
    skin = 1000.0 / np.maximum(micro, 1e-4)
    used = np.digitize(skin, _EDGES) if setting == 4 else np.full(len(micro), setting)
    adc = np.round(0.5 * (1.0 + _RESISTORS[used] / skin) * 4095 / 3.0)
    raw: Signal = used * 2.0**14 + np.clip(adc, 0, 4095)
    return raw


class Shimmer3(PacketDevice):
    """A Shimmer3 that waits for commands.

    Parameters
    ----------
    body
        Whose signals it measures.
    sensors
        Bytes of the command 08 that were set last time; GSR and ExG1 at 24 bits.
    rate
        Set last time, hertz; rounded to a whole divider of 32768.
    version
        Of the firmware, LogAndStream.
    clock_ticks
        What its clock shows when it is switched on: near 2**24 to see it wrap.
    keep
        Packets that the ledger remembers.
    """

    baud = None

    def __init__(
        self,
        body: Body | None = None,
        sensors: bytes = b"\x04\x00\x00",
        rate: float = 128.0,
        version: tuple[int, int, int] = (0, 16, 0),
        clock_ticks: int = 0,
        keep: int | None = None,
    ) -> None:
        super().__init__(keep)
        self._body = body or Body()
        self._version, self._first_ticks = version, clock_ticks
        self._sensors, self._divider = sensors, round(TICK_HZ / rate)
        self.restart()

    @property
    def rate(self) -> float:
        """Hertz, as it really is."""
        return TICK_HZ / self._divider

    def restart(self) -> None:
        """Wait, with the sensors and rate of last time."""
        self._switched_on = self.clock
        self._range = 4
        self._registers = [bytearray(chip) for chip in ECG_REGISTERS]
        self.opened()

    def opened(self) -> None:
        """A new connection: no streaming, no checksums, and status messages look acknowledged."""
        self.end()
        self._crc, self._status_ack = 0, True
        self._heard = bytearray()

    def obey(self, data: bytes) -> bytes:
        """Take commands; each is acknowledged, with its response in the same burst."""
        self._heard += data
        out = b""
        while self._heard and len(self._heard) >= (size := self._size()):
            command, arguments = self._heard[0], bytes(self._heard[1:size])
            del self._heard[:size]
            out += self._answer(command, arguments)
        return out

    def packet(self, number: int, raw: Sequence[int]) -> tuple[Sequence[int], bytes]:
        """Return header, clock and channels in the order of the inquiry, sealed."""
        ticks = self._started + (number + 1) * self._divider
        body = b"".join(_encoded(value, FIELDS[one]) for value, one in zip(raw, self._channels, strict=True))
        return raw, sealed(b"\x00" + struct.pack("<I", ticks % 2**24)[:3] + body, self._crc)

    def status(self) -> bytes:
        """Return the status that it also sends unasked, when it is docked or starts to stream."""
        message = (_ACK if self._status_ack else b"") + bytes([_INSTREAM, _STATUS, self._state()])
        return sealed(message, self._crc)

    def _size(self) -> int:
        size = 1 + _ARGUMENTS.get(self._heard[0], 0)
        return size + (self._heard[3] if self._heard[0] == 0x61 and len(self._heard) > 3 else 0)

    def _answer(self, command: int, arguments: bytes) -> bytes:
        before = self.streaming
        response = self._response(command, arguments)
        message = sealed(_NACK if response is None else _ACK + response, self._crc)
        return message + (self.status() if self.streaming != before else b"")

    def _response(self, command: int, arguments: bytes) -> bytes | None:
        """Return the response, empty for a command that has none, None for one that is not known."""
        if command in _SETTERS:
            self._set(command, arguments)
            return b""
        responses: Mapping[int, Callable[[], bytes]] = {
            0x01: self._inquiry,
            0x03: lambda: b"\x04" + struct.pack("<H", self._divider),
            0x23: lambda: bytes([0x22, self._range]),
            0x2E: lambda: b"\x2f" + struct.pack("<HHBB", 3, *self._version),
            0x3F: lambda: b"\x25\x03",
            0x63: lambda: self._exg(*arguments),
            0x72: lambda: bytes([_INSTREAM, _STATUS, self._state()]),
            0x7B: lambda: b"\x7a\x05maeum",
            0x91: lambda: b"\x90" + struct.pack("<Q", self._ticks(self.clock)),
            0x95: lambda: bytes([_INSTREAM, 0x94, 0x2E, 0x0B, 0x80]),
        }
        return responses[command]() if command in responses else None

    def _state(self) -> int:
        """Return the status byte: a card is there, and it senses and streams or not."""
        return 0x20 | (0x12 if self.streaming else 0)

    def _exg(self, chip: int, offset: int, length: int) -> bytes:
        return bytes([0x62, length]) + self._registers[chip % 2][offset : offset + length]

    def _set(self, command: int, arguments: bytes) -> None:
        match command:
            case 0x05:
                self._divider = max(1, int.from_bytes(arguments, "little"))
            case 0x07:
                self._start()
            case 0x08:
                self._sensors = arguments
            case 0x20:
                self.end()
            case 0x21:
                self._range = arguments[0]
            case 0x61:
                chip, offset, length = arguments[:3]
                self._registers[chip % 2][offset : offset + length] = arguments[3:]
            case 0x8B:
                self._crc = min(2, arguments[0])
            case 0xA3:
                self._status_ack = bool(arguments[0])

    def _start(self) -> None:
        self._channels, self._started = self._selected(), self._ticks(self.clock)
        self.begin(self.rate, [self._converter(channel) for channel in self._channels])

    def _selected(self) -> list[int]:
        return [channel for byte, bit, channels in _SENSORS if self._sensors[byte] & bit for channel in channels]

    def _inquiry(self) -> bytes:
        config = bytes([0x01, 0xFF, 0x01, self._range << 1 | 1])
        ids = bytes(self._selected())
        return b"\x02" + struct.pack("<H", self._divider) + config + bytes([len(ids), 1]) + ids

    def _ticks(self, clock: float) -> int:
        return self._first_ticks + round((clock - self._switched_on) * TICK_HZ)

    def _converter(self, channel: int) -> Waveform:
        ecg, setting = self._body.electrocardiogram, self._range
        match channel:
            case 0x1C:
                return lambda times: gsr(self._body.skin_conductance(times), setting)
            case 0x12:
                return lambda times: np.round(4095 * self._body.pulse(times))
            case 0x03:
                return lambda times: np.full_like(times, 2862.0)
            case 0x1D | 0x20:
                return lambda times: np.full_like(times, 128.0)
        scale = _LEADS[FIELDS[channel].channel.name] * self._counts(channel)
        if FIELDS[channel].size == 2:
            scale /= 2**7  # 16 bits at twice the gain
        most = 2 ** (8 * FIELDS[channel].size - 1) - 1
        return lambda times: np.clip(np.round(ecg(times) * scale), -most, most)

    def _counts(self, channel: int) -> float:
        """Return the 24-bit counts of a millivolt, by the gain in the chip's register."""
        name = FIELDS[channel].channel.name  # ExG1ch2
        gain = _GAINS[min(6, self._registers[int(name[3]) - 1][2 + int(name[-1])] >> 4 & 7)]
        return (2**23 - 1) * gain / 2420.0


def _encoded(value: int, field: Field) -> bytes:
    return value.to_bytes(field.size, field.order, signed=field.signed)
