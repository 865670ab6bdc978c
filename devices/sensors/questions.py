"""What a silent device may be asked without harm: its version, or its settings; none of these makes it stream."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from devices.sensors.frames import Channel
from devices.sensors.shimmer_inquiry import UnknownField, inquiry_end, parse_inquiry

_INQUIRED = b"\xff\x02"  # Shimmer's acknowledgement, and the first byte of the answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device said of itself."""

    title: str
    """For people: `BITalino_v5.2`"""
    channels: tuple[Channel, ...] = ()
    """That it is set to send, where it says so"""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of its protocol"""


@dataclass(frozen=True, slots=True)
class Question:
    """Bytes to which only one kind of device gives such an answer."""

    baud: int
    data: bytes
    answer: Callable[[bytes], Answer | None]
    """Of what was read so far; None to read on"""
    wait_s: float
    """For the answer"""


def _bitalino(read: bytes) -> Answer | None:
    found = re.search(rb"(BITalino\S*)\s*\n", read)
    return Answer(_text(found[1])) if found else None


def _shimmer3(read: bytes) -> Answer | None:
    start = read.find(_INQUIRED) + 1
    end = inquiry_end(read, start) if start else None
    if end is None:
        return None
    try:
        return Answer("Shimmer3", tuple(one.channel for one in parse_inquiry(read[start:end]).fields))
    except UnknownField:
        return Answer("Shimmer3")


def _cyton(read: bytes) -> Answer | None:
    if b"$$$" not in read:
        return None
    if b"Failure" in read:
        return Answer("the dongle of an OpenBCI Cyton, whose board does not answer: switch it on, set to PC")
    found = re.search(rb"v\d+\.\d+\.\d+", read)
    return Answer(f"OpenBCI Cyton {_text(found[0])}") if found else None


def _chords(read: bytes) -> Answer | None:
    found = re.search(rb"UNO-R\d", read)
    if not found:
        return None
    board = _text(found[0]).lower()
    return Answer(f"Chords on {_text(found[0])}", options={} if board == "uno-r3" else {"board": board})


def _text(data: bytes) -> str:
    return data.decode("ascii", "replace")


QUESTIONS: Mapping[str, Question] = {
    "bitalino": Question(115_200, b"\x07", _bitalino, 0.6),
    "shimmer3": Question(115_200, b"\x01", _shimmer3, 0.6),
    "cyton": Question(115_200, b"V", _cyton, 0.6),
    "chords": Question(230_400, b"WHORU\n", _chords, 1.5),  # it waits a second for the end of a command
}
"""By protocol; the others speak by themselves, or cannot be asked"""
