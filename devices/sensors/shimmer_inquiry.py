"""What a Shimmer3 says about its configuration, and the channels that its packets can hold.

Sources: Shimmer LogAndStream firmware and its public drivers; the numbers are those of the inquiry response.
"""

from dataclasses import dataclass
from typing import Literal

from devices.sensors.frames import Channel, Layout

TICK_HZ = 32768.0
"""Of the clock in every packet"""
INQUIRY = 0x02
"""First byte of the response"""
_HEAD = 9  # bytes before the channels: 02, divider u16, config x 4, number of channels, buffer size


@dataclass(frozen=True, slots=True)
class Field:
    """One channel as it stands in a packet."""

    channel: Channel
    size: int
    """Bytes"""
    order: Literal["little", "big"]
    signed: bool


FIELDS = {
    0x03: Field(Channel("VBATT", "adc12"), 2, "little", True),
    0x12: Field(Channel("A1", "adc12"), 2, "little", False),
    0x1A: Field(Channel("BMP temp", ""), 2, "big", False),
    0x1B: Field(Channel("BMP pressure", ""), 3, "big", False),
    0x1C: Field(Channel("GSR", "range2+adc12"), 2, "little", False),
    0x1D: Field(Channel("ExG1 status", ""), 1, "big", False),
    0x1E: Field(Channel("ExG1ch1", "adc24"), 3, "big", True),
    0x1F: Field(Channel("ExG1ch2", "adc24"), 3, "big", True),
    0x20: Field(Channel("ExG2 status", ""), 1, "big", False),
    0x21: Field(Channel("ExG2ch1", "adc24"), 3, "big", True),
    0x22: Field(Channel("ExG2ch2", "adc24"), 3, "big", True),
    0x23: Field(Channel("ExG1ch1", "adc16"), 2, "big", True),
    0x24: Field(Channel("ExG1ch2", "adc16"), 2, "big", True),
    0x25: Field(Channel("ExG2ch1", "adc16"), 2, "big", True),
    0x26: Field(Channel("ExG2ch2", "adc16"), 2, "big", True),
}
"""By the number that an inquiry gives"""


class UnknownField(ValueError):
    """An inquiry names a channel whose form is not known."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a Shimmer3 is set to."""

    divider: int
    """Ticks between two packets"""
    gsr_range: int
    """0..3 fixed, 4 automatic"""
    fields: tuple[Field, ...]
    """In the order of a packet"""

    @property
    def layout(self) -> Layout:
        """Of the packets, at the rate that the divider really gives."""
        channels = tuple(field.channel for field in self.fields)
        return Layout("", channels, TICK_HZ / self.divider, "ticks", TICK_HZ)


def inquiry_end(data: bytes, start: int) -> int | None:
    """Return where an inquiry response that starts here ends; None while it is not complete."""
    if len(data) < start + _HEAD:
        return None
    end = start + _HEAD + data[start + 7]
    return end if len(data) >= end else None


def parse_inquiry(data: bytes) -> Inquiry:
    """Read an inquiry response, from its `02` to its last channel.

    Raises
    ------
    UnknownField
    """
    numbers = data[_HEAD : _HEAD + data[7]]
    if unknown := [number for number in numbers if number not in FIELDS]:
        raise UnknownField(f"channel 0x{unknown[0]:02x} in a Shimmer3's packets is not known; set other sensors")
    divider = int.from_bytes(data[1:3], "little")
    return Inquiry(max(1, divider), data[6] >> 1 & 7, tuple(FIELDS[number] for number in numbers))


def divider(rate: float) -> int:
    """Return the ticks between packets that come nearest to a rate in hertz."""
    return max(1, min(0xFFFF, round(TICK_HZ / rate)))
