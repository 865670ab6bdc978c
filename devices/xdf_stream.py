"""One stream of an XDF file: what it says of itself, and its samples by the recorder's clock."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from devices import xdf_format as xdf
from devices.lsl_stream import TYPES, Description
from devices.sensors.driver import Doubles

_AUDIO = ("audio", "mic", "microphone")
_OUTLIER_S = 1e-4
"""Clock offsets that are off the line by less count fully, as in pyxdf"""
_ROUNDS = 5
_FULL_SCALE = {"int8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}


@dataclass
class XdfStream:
    """A stream, with the chunks in which its samples are."""

    said: Description
    kind: str
    """Its type"""
    channels: int
    format: str
    chunks: list[memoryview] = field(default_factory=list)
    offsets: list[tuple[float, float]] = field(default_factory=list)
    """Clock offsets: the sender's time and what to add to it, seconds"""

    @property
    def scale(self) -> float:
        """What a sound's full scale is in its numbers."""
        return _FULL_SCALE.get(self.format, 1.0)

    def meanings(self) -> Sequence[str]:
        """Streams of ours that it may hold: by its type or its name, or else by the labels of its channels."""
        known = {"audio": _AUDIO} | {stream: tuple(map(str.lower, names)) for stream, names in TYPES.items()}
        for words in ([self.kind.lower()], self.said.name.lower().replace("-", " ").replace("_", " ").split()):
            if meant := [stream for stream, names in known.items() if set(names) & set(words)]:
                return meant
        labels = {label.lower() for label in self.said.labels}
        return [stream for stream, names in known.items() if set(names) & labels]

    @cached_property
    def line(self) -> "ClockLine":
        """Its clock by that of the recorder."""
        return ClockLine.through(self.offsets)

    @cached_property
    def survey(self) -> "Survey":
        """When it was recorded, and whether all of it can be read."""
        survey = Survey()
        for values, times in self._read():
            survey.damaged += values is None
            if len(times):
                at = self.line.recorded(times[[0, -1]])
                survey.begin, survey.end = min(survey.begin, at[0]), max(survey.end, at[1] + self._step)
        return survey

    def samples(self) -> Iterator[tuple[NDArray[np.generic], Doubles]]:
        """Yield values [n, channels], and times [n] by the recorder's clock in seconds; nothing of damaged chunks."""
        for values, times in self._read():
            if values is not None and len(times):
                yield values, self.line.recorded(times)

    @property
    def _step(self) -> float:
        return 1 / self.said.rate if self.said.rate else 0.0

    def _read(self) -> Iterator[tuple[NDArray[np.generic] | None, Doubles]]:
        last = 0.0
        for chunk in self.chunks:
            try:
                values, times = xdf.read_numbers(chunk, xdf.FORMATS[self.format], self.channels, last, self._step)
            except xdf.BadXdf:
                yield None, np.empty(0)
                continue
            last = float(times[-1]) if len(times) else last
            yield values, times


@dataclass(slots=True)
class Survey:
    """What one reading of a stream tells."""

    begin: float = math.inf
    """Of the first sample, seconds of the recorder's clock"""
    end: float = -math.inf
    """After the last one"""
    damaged: int = 0
    """Chunks that do not hold what they say"""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """How a sender's clock runs by the recorder's: a straight line through the clock offsets."""

    zero: float = 0.0
    """Sender's time at which the offset is `offset`, seconds"""
    offset: float = 0.0
    slope: float = 0.0
    worst: float = 0.0
    """Seconds by which an offset is off the line at most"""

    @classmethod
    def through(cls, offsets: Sequence[tuple[float, float]]) -> "ClockLine":
        """Fit by least squares, in which offsets off the line count less and less: they were measured late."""
        if not offsets:
            return cls()
        times, values = np.array(offsets).T
        zero = float(times.mean())
        if len(offsets) == 1 or np.ptp(times) == 0:
            return cls(zero, float(np.median(values)))
        weights = np.ones(len(times))
        for _ in range(_ROUNDS):
            slope, offset = np.polyfit(times - zero, values, 1, w=np.sqrt(weights))
            off = np.abs(values - offset - slope * (times - zero))
            weights = _OUTLIER_S / np.maximum(off, _OUTLIER_S)
        return cls(zero, float(offset), float(slope), float(off.max()))

    def recorded(self, times: Doubles) -> Doubles:
        """Return the recorder's times for the sender's."""
        return times + self.offset + self.slope * (times - self.zero)


def stream_of(header: Element) -> XdfStream:
    """Read the header of a stream.

    Raises
    ------
    BadXdf
        When it lacks what every stream has to say.
    """
    channels = xdf.channels_of(header)
    labels = tuple(one.findtext("label") or "" for one in channels)
    try:
        count, rate = int(header.findtext("channel_count") or ""), float(header.findtext("nominal_srate") or "")
    except ValueError:
        raise xdf.BadXdf("a stream that does not tell its channels or its rate") from None
    units = tuple(one.findtext("unit") or "" for one in channels) + ("",) * max(0, count - len(channels))
    said = Description(
        header.findtext("name") or "a stream without a name",
        header.findtext("source_id") or "",
        rate,
        labels if any(labels) else (),
        units,
    )
    form = header.findtext("channel_format") or ""
    if form not in xdf.FORMATS and form != xdf.TEXT:
        raise xdf.BadXdf(f"{said.name}: samples of the unknown format {form!r}")
    return XdfStream(said, header.findtext("type") or "", count, form)
