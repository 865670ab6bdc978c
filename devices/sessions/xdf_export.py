"""A recording as one XDF file, for the tools of Lab Streaming Layer.

Each stream of samples is one of XDF's, on session time. Short holes are filled with NaN, as usual there: readers take
the samples of an even stream for evenly spaced until they are a second and 500 samples apart. Labels and everything
else that happened are text, of type Markers.
"""

import json
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from devices import lsl_stream
from devices import xdf_format as xdf
from devices.block import Block, Event, known_until
from devices.sessions.exporting import UNITS, Progress, give, is_label, new_file, time_of
from devices.sessions.lines import Entry, Note, event_line
from devices.sessions.recorded import RecordedSession

TYPES = {"audio": "Audio"} | {stream: names[0] for stream, names in lsl_stream.TYPES.items()}
"""What the tools of Lab Streaming Layer call our streams"""
_BREAK_S, _BREAK_SAMPLES = 1.5, 750
"""Holes that are longer than both stay holes"""
_BOUNDARY_S = 10.0
_LABELS, _EVENTS = "maeum labels", "maeum events"


def export_xdf(session: RecordedSession, path: Path, progress: Progress | None = None) -> None:
    """Write a recording as an XDF file.

    Raises
    ------
    CannotExport
        When there is such a file, or it cannot be written.
    """
    with new_file(path) as file:
        give(_Export(file, session), session, progress)


class _Export:
    """An XDF file being written."""

    def __init__(self, file: BinaryIO, session: RecordedSession) -> None:
        self._file = file
        self._id = session.manifest.id
        self._streams: dict[str, _Stream] = {}
        self._now = self._bounded = 0.0
        file.write(xdf.MAGIC)
        head = xdf.element("info", version="1.0", datetime=session.manifest.created, recording=session.name)
        file.write(xdf.chunk(xdf.Tag.FILE_HEADER, xdf.xml(head)))

    def take(self, entry: Entry) -> None:
        """Write what came."""
        match entry:
            case Block():
                self._block(entry)
            case Note() if is_label(entry):
                self._text(_LABELS, time_of(entry), str(entry.fields["label"] or "uncertain"))
            case Note():
                self._text(_EVENTS, time_of(entry), json.dumps({"note": entry.kind, **entry.fields}))
            case _:
                self._text(_EVENTS, _begin(entry), event_line(entry).rstrip())

    def end(self) -> None:
        """Write what is known at the end."""
        for stream in self._streams.values():
            foot = xdf.element(
                "info", first_timestamp=stream.first or 0.0, last_timestamp=stream.last, sample_count=stream.samples
            )
            self._file.write(xdf.chunk(xdf.Tag.STREAM_FOOTER, xdf.xml(foot), stream.number))

    def _block(self, block: Block) -> None:
        self._now = max(self._now, block.end)
        if not len(block.values):
            return
        stream = self._stream(block.stream, block.rate)
        if stream.expected is not None and (lost := _short_hole(stream.expected, block)):
            self._samples(stream, stream.expected, np.full(lost, np.nan, np.float32))
        self._samples(stream, block.time, np.asarray(block.values, np.float32))
        if self._now > self._bounded + _BOUNDARY_S:
            self._bounded = self._now
            self._file.write(xdf.chunk(xdf.Tag.BOUNDARY, xdf.BOUNDARY))

    def _samples(self, stream: "_Stream", time: float, values: NDArray[np.float32]) -> None:
        self._file.write(xdf.chunk(xdf.Tag.SAMPLES, xdf.number_samples(time, values[:, None]), stream.number))
        stream.count(time, len(values))

    def _text(self, name: str, time: float | None, text: str) -> None:
        stream, at = self._stream(name, None), self._now if time is None else time
        self._file.write(xdf.chunk(xdf.Tag.SAMPLES, xdf.text_sample(at, text), stream.number))
        stream.count(at, 1)

    def _stream(self, name: str, rate: float | None) -> "_Stream":
        """Return a stream; of a new one the header is written first. Text has no rate."""
        if name not in self._streams:
            stream = self._streams[name] = _Stream(len(self._streams) + 1, rate or 0.0)
            head = _text_header(name, self._id) if rate is None else _header(name, rate, self._id)
            self._file.write(xdf.chunk(xdf.Tag.STREAM_HEADER, xdf.xml(head), stream.number))
        return self._streams[name]


class _Stream:
    """What has been written of a stream."""

    def __init__(self, number: int, rate: float) -> None:
        self.number, self._rate = number, rate
        self.samples = 0
        self.first: float | None = None
        self.last = 0.0
        self.expected: float | None = None
        """Time of the next sample of an even stream"""

    def count(self, time: float, n: int) -> None:
        self.samples += n
        self.first = time if self.first is None else self.first
        self.last = time + (n - 1) / self._rate if self._rate else time
        self.expected = time + n / self._rate if self._rate else None


def _short_hole(expected: float, block: Block) -> int:
    """Return how many samples are missing before a block, if readers would not see that there are."""
    missing = round((block.time - expected) * block.rate)
    return missing if 0 < missing <= max(_BREAK_S * block.rate, _BREAK_SAMPLES) else 0


def _begin(event: Event) -> float:
    time = getattr(event, "time", None)
    return known_until(event) if time is None else float(time)


def _header(name: str, rate: float, recording: str) -> Element:
    kind = TYPES.get(name, name)
    channel = xdf.element("channel", label=name, unit=UNITS.get(name, "normalized"), type=kind)
    return _named(name, kind, recording, rate, "float32", xdf.element("channels", channel))


def _text_header(name: str, recording: str) -> Element:
    return _named(name, "Markers", recording, 0, xdf.TEXT)


def _named(name: str, kind: str, recording: str, rate: float, form: str, *about: Element) -> Element:
    return xdf.element(
        "info",
        xdf.element("desc", *about),
        name=name,
        type=kind,
        channel_count=1,
        nominal_srate=rate,
        channel_format=form,
        source_id=f"maeum-{recording}-{name}",
    )
