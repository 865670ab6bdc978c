"""What BITalino (r)evolution puts on the wire: frames, their four-bit checksum, and the status it sends on request.

A frame is one little-endian number, read from its top: sequence number (4 bits), checksum (4), digital ports I1 I2 O1
O2 (4), then the channels in ascending order, the first four of 10 bits, the fifth and sixth of 6, then zeros up to a
whole byte. The checksum runs over the bytes in the order they are sent, with its own nibble taken as zero: x^4 + x + 1,
from 0, high bit first. Source: firmware-bitalino-revolution 5.2 and the BITalino APIs, which agree.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

WIDTHS = (10, 10, 10, 10, 6, 6)
"""Bits of the first to the sixth selected channel, whichever ports they are"""

_HEAD = 12  # bits of sequence number, checksum and digital ports
_REMAINDER = bytes([0, 3, 6, 5, 12, 15, 10, 9, 11, 8, 13, 14, 7, 4, 1, 2])  # of a nibble times x^4


def _after(crc: int, byte: int) -> int:
    crc = _REMAINDER[crc] ^ byte >> 4
    return _REMAINDER[crc] ^ byte & 15


_STEP = bytes(_after(crc, byte) for crc in range(16) for byte in range(256))


def remainder(data: bytes | bytearray) -> int:
    """Return what is left of bytes divided by the checksum's polynomial: 0 when their last nibble proves them."""
    crc = 0
    for byte in data:
        crc = _STEP[crc << 8 | byte]
    return crc


@dataclass(frozen=True, slots=True)
class Format:
    """The frames of one number of channels."""

    size: int
    """Bytes"""
    pad: int
    """Mask of the bits of the first byte that are always 0"""
    fields: tuple[tuple[int, int], ...]
    """Shift and mask of each channel"""

    def sequence(self, data: bytes | bytearray, start: int) -> int:
        """Return the sequence number of the frame that begins at a byte; -1 where none does."""
        if data[start] & self.pad or remainder(data[start : start + self.size]):
            return -1
        return data[start + self.size - 1] >> 4

    def values(self, data: bytes | bytearray, start: int) -> tuple[int, ...]:
        """Return the channels of the frame that begins at a byte, as the converter gave them."""
        number = int.from_bytes(data[start : start + self.size], "little")
        return tuple([number >> shift & mask for shift, mask in self.fields])

    def pack(self, sequence: int, digital: int, values: Sequence[int]) -> bytes:
        """Return the frame of a sequence number, the digital ports (I1 is their highest bit) and the channels."""
        number = sequence % 16 << self.size * 8 - 4 | digital << self.size * 8 - _HEAD
        for (shift, mask), value in zip(self.fields, values, strict=True):
            number |= (value & mask) << shift
        frame = bytearray(number.to_bytes(self.size, "little"))
        frame[-1] |= remainder(frame)
        return bytes(frame)


def _format(channels: int) -> Format:
    used = _HEAD + sum(WIDTHS[:channels])
    size = -(-used // 8)
    ends = [size * 8 - _HEAD - sum(WIDTHS[: position + 1]) for position in range(channels)]
    fields = tuple((end, (1 << width) - 1) for end, width in zip(ends, WIDTHS, strict=False))
    return Format(size, (1 << size * 8 - used) - 1, fields)


FORMATS = {channels: _format(channels) for channels in range(1, 7)}
"""By number of channels"""


@dataclass(frozen=True, slots=True)
class Status:
    """What a BITalino says of itself when it is idle."""

    analog: tuple[int, ...]
    """A1 to A6, 10 bits each"""
    battery: int
    """10 bits of half the voltage"""
    threshold: int
    """0..63: below 527 + threshold the battery light comes on"""
    pwm: int | None
    """0..255; None before firmware 5.2"""
    digital: int
    """I1 I2 O1 O2, I1 the highest bit"""

    @property
    def volts(self) -> float:
        """Of the battery."""
        return 2 * 3.3 * self.battery / 1023

    def pack(self) -> bytes:
        """Return the status frame."""
        pwm = b"" if self.pwm is None else bytes([self.pwm])
        body = struct.pack("<7HB", *self.analog, self.battery, self.threshold) + pwm
        last = self.digital << 4
        return body + bytes([last | remainder(body + bytes([last]))])


def status(data: bytes) -> Status | None:
    """Read a status frame of 17 bytes (firmware 5.2 and later) or 16; None where the bytes are none."""
    if len(data) not in (16, 17) or remainder(data):
        return None
    *analog, battery, threshold = struct.unpack_from("<7HB", data)
    return Status(tuple(analog), battery, threshold, data[15] if len(data) == 17 else None, data[-1] >> 4)
