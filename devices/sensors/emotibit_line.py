"""One line of EmotiBit: `TIMESTAMP,PACKET#,DATALEN,TYPETAG,VERSION,RELIABILITY,payload...`.

Source: EmotiBit_XPlat_Utils and the EmotiBit documentation. The payload may hold more fields than DATALEN says where it
is text with commas of its own; the numbers of a signal are exactly so many, or two lines have run into one.
"""

import re
from dataclasses import dataclass

from devices.sensors.frames import Channel, Layout

TICK_HZ = 1000.0
_SIGNALS = {
    "EA": ("µS", 15.0), "EL": ("counts", 15.0), "ER": ("counts", 15.0),
    "T0": ("°C", 7.5), "T1": ("°C", 7.5), "TH": ("°C", 7.5),
    "PI": ("counts", 25.0), "PR": ("counts", 25.0), "PG": ("counts", 25.0),
    "BI": ("ms", 0.0), "HR": ("1/min", 0.0), "SA": ("µS", 0.0), "SF": ("1/min", 0.0), "SR": ("", 0.0),
}  # fmt: skip
LAYOUTS = {tag: Layout(tag, (Channel(tag, unit),), rate, "ticks", TICK_HZ) for tag, (unit, rate) in _SIGNALS.items()}
"""Of the signals, by typetag"""

_TRUNCATED = b"\x19"
_HEADER = re.compile(rb"(\d{1,10}),(\d{1,5}),(\d{1,3}),([A-Z0-9%]{2}),([12]),(\d{1,3})(?:,(.*))?", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?|nan|inf|-inf|ovf", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Packet:
    """What a line says."""

    time: int
    """Milliseconds since the device began, of the last sample; 32 bits"""
    number: int
    """Of the packet among those of all tags; 16 bits"""
    count: int
    """Fields of the payload"""
    tag: str
    payload: tuple[str, ...]
    truncated: bool
    """True when the firmware had no room for all of it"""

    @property
    def values(self) -> tuple[float, ...] | None:
        """The samples of a signal; None where the payload is not as many numbers as announced."""
        if len(self.payload) != self.count or not all(map(_NUMBER.fullmatch, self.payload)):
            return None
        return tuple(float(field) if field.strip("-").lower()[0].isdigit() else float("nan") for field in self.payload)


def parse(line: bytes) -> Packet | None:
    """Read a line without its end; None when it is none of a packet."""
    found = _HEADER.fullmatch(line)
    if found is None:
        return None
    time, number, count = map(int, found.group(1, 2, 3))
    payload = tuple((found[7] or b"").decode("ascii", "replace").split(",")) if found[7] is not None else ()
    truncated = _TRUNCATED in line
    if time >> 32 or number >> 16 or int(found[6]) > 100 or (len(payload) < count and not truncated):
        return None
    return Packet(time, number, count, found[4].decode(), payload, truncated)
