"""Chunks of XDF, the Extensible Data Format of Lab Streaming Layer's recordings, as bytes. No I/O.

Version 1.0: `XDF:`, then chunks of length, tag and content; numbers are little-endian. A sample carries its time, or
follows the one before it by 1 / nominal rate. Specification: https://github.com/sccn/xdf/wiki/Specifications
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

MAGIC = b"XDF:"
BOUNDARY = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
"""From which reading can go on after damage"""
FORMATS: Mapping[str, str] = {
    "float32": "<f4",
    "double64": "<f8",
    "int8": "<i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
}
TEXT = "string"

Buffer = bytes | memoryview
Doubles = NDArray[np.float64]


class Tag(IntEnum):
    """What a chunk holds."""

    FILE_HEADER = 1
    STREAM_HEADER = 2
    SAMPLES = 3
    CLOCK_OFFSET = 4
    BOUNDARY = 5
    STREAM_FOOTER = 6


class BadXdf(ValueError):
    """Bytes are not what the format says."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk; `content` without the number of the stream."""

    tag: int
    stream: int
    """0 where it belongs to none"""
    content: memoryview


_OF_STREAM = (Tag.STREAM_HEADER, Tag.SAMPLES, Tag.CLOCK_OFFSET, Tag.STREAM_FOOTER)


def chunk(tag: Tag, content: bytes, stream: int | None = None) -> bytes:
    """Write a chunk."""
    body = struct.pack("<H", tag) + (b"" if stream is None else struct.pack("<I", stream)) + content
    return _length(len(body)) + body


def element(tag: str, /, *children: Xml.Element, **texts: object) -> Xml.Element:
    """Build an element of a header: texts by their tags, then other elements."""
    root = Xml.Element(tag)
    for name, value in texts.items():
        Xml.SubElement(root, name).text = str(value)
    root.extend(children)
    return root


def xml(root: Xml.Element) -> bytes:
    """Write a header."""
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + Xml.tostring(root, encoding="unicode").encode()


def number_samples(time: float, values: NDArray[np.float32]) -> bytes:
    """Write the content of a chunk of even samples, float32 [n, channels], of which the first carries the time."""
    n, channels = values.shape
    records = np.zeros(n, [("stamp", "u1"), ("values", "<f4", (channels,))])
    records["values"] = values
    raw = records.tobytes()
    return _length(n) + struct.pack("<Bd", 8, time) + raw[1:]


def text_sample(time: float, text: str) -> bytes:
    """Write the content of a chunk of one text at one time."""
    data = text.encode()
    return _length(1) + struct.pack("<Bd", 8, time) + _length(len(data)) + data


def read_chunks(data: Buffer) -> Iterator[Chunk | str]:
    """Yield the chunks of a file, and a line about each place at which it is damaged.

    Raises
    ------
    BadXdf
        It is not XDF.
    """
    view = memoryview(data)
    if bytes(view[:4]) != MAGIC:
        raise BadXdf(f"begins with {bytes(view[:4])!r}, not with {MAGIC!r}")
    at = len(MAGIC)
    while at < len(view):
        try:
            size, begin = _read_length(view, at)
            if begin + size > len(view):
                raise BadXdf(f"a chunk of {size} bytes")
            yield _chunk(view[begin : begin + size])
            at = begin + size
        except BadXdf as error:
            found = bytes(view[at:]).find(BOUNDARY)
            if found < 0:
                yield f"breaks off at byte {at}: {error}; what came before is used"
                return
            yield f"damaged at byte {at}: {error}; read on {found} bytes later"
            at += found + len(BOUNDARY)


def read_numbers(
    content: Buffer, dtype: str, channels: int, last: float, step: float
) -> tuple[NDArray[np.generic], Doubles]:
    """Read samples: values [n, channels], and times [n] in seconds.

    Parameters
    ----------
    content
        Of a chunk of samples.
    last
        Time of the sample before.
    step
        Seconds from one to the next where they carry no time; 0 for an irregular stream.

    Raises
    ------
    BadXdf
        When its length is not that of its samples.
    """
    view = memoryview(content)
    n, at = _read_length(view, 0)
    records, bare = _record(dtype, channels, stamped=True), _record(dtype, channels, stamped=False)
    raw = view[at:]
    if len(raw) == n * records.itemsize:
        all_stamped = np.frombuffer(raw, records)
        if (all_stamped["stamp"] == 8).all():
            return all_stamped["values"], all_stamped["time"].astype(np.float64)
    if n and len(raw) == records.itemsize + (n - 1) * bare.itemsize and raw[0] == 8:
        first, rest = np.frombuffer(raw[: records.itemsize], records), np.frombuffer(raw[records.itemsize :], bare)
        if not rest["stamp"].any():
            return np.concatenate([first["values"], rest["values"]]), first["time"][0] + np.arange(n) * step
    return _one_by_one(raw, n, records, bare, last, step)


def _one_by_one(
    raw: memoryview, n: int, stamped: np.dtype[np.void], bare: np.dtype[np.void], last: float, step: float
) -> tuple[NDArray[np.generic], Doubles]:
    values, times, at = [], np.empty(n), 0
    for k in range(n):
        kind = stamped if at < len(raw) and raw[at] else bare
        if at + kind.itemsize > len(raw):
            raise BadXdf(f"{n} samples in {len(raw)} bytes")
        record = np.frombuffer(raw[at : at + kind.itemsize], kind)
        times[k] = last = float(record["time"][0]) if kind is stamped else last + step
        values.append(record["values"])
        at += kind.itemsize
    return np.concatenate([np.empty((0, *stamped["values"].shape), stamped["values"].base), *values]), times


def read_offset(content: Buffer) -> tuple[float, float]:
    """Read a clock offset: the sender's time, and what to add to it to have the recorder's; seconds.

    Raises
    ------
    BadXdf
    """
    if len(content) != 16:
        raise BadXdf(f"a clock offset of {len(content)} bytes, not 16")
    time, offset = struct.unpack("<dd", content)
    return time, offset


def read_xml(content: Buffer) -> Xml.Element:
    """Read a header.

    Raises
    ------
    BadXdf
    """
    try:
        return Xml.fromstring(bytes(content).decode("utf-8", "replace"))  # noqa: S314 - no entities: expat limits them
    except Xml.ParseError as error:
        raise BadXdf(f"a header that is not XML: {error}") from None


def channels_of(header: Xml.Element) -> Sequence[Xml.Element]:
    """Return what a stream's header says of each channel."""
    return header.findall("desc/channels/channel")


def _record(dtype: str, channels: int, *, stamped: bool) -> np.dtype[np.void]:
    time = [("time", "<f8")] if stamped else []
    return np.dtype([("stamp", "u1"), *time, ("values", dtype, (channels,))])


def _chunk(body: memoryview) -> Chunk:
    if len(body) < 2:
        raise BadXdf("a chunk without a tag")
    tag = int.from_bytes(body[:2], "little")
    if tag not in _OF_STREAM:
        return Chunk(tag, 0, body[2:])
    if len(body) < 6:
        raise BadXdf("a chunk without a stream")
    return Chunk(tag, int.from_bytes(body[2:6], "little"), body[6:])


def _length(n: int) -> bytes:
    if n < 256:
        return struct.pack("<BB", 1, n)
    return struct.pack("<BI", 4, n) if n < 1 << 32 else struct.pack("<BQ", 8, n)


def _read_length(view: memoryview, at: int) -> tuple[int, int]:
    """Return a length and where what it counts begins."""
    size = view[at] if at < len(view) else 0
    if size not in (1, 4, 8) or at + 1 + size > len(view):
        raise BadXdf(f"a length of {size} bytes")
    return int.from_bytes(view[at + 1 : at + 1 + size], "little"), at + 1 + size
