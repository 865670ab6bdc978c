"""What an inlet of Lab Streaming Layer gives: which of its channels is which stream, in which unit, and when.

Its samples carry the time at which they were taken, by the sender's clock. An even stream is placed by a fit through
these times, since senders stamp by the chunk; a jump in them is a hole, and so is the sender's NaN, as usual in LSL.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from devices.block import Block, Gap
from devices.link.dejitter import ClockFit
from devices.link.track import Run, Track
from devices.sensors.driver import Conversion, Doubles, Refused, Wanted
from devices.sensors.lines_conversions import Board, conversion, known
from devices.sensors.url import BadSensorUrl

TYPES: Mapping[str, Sequence[str]] = {
    "eda": ("EDA", "GSR"),
    "ecg": ("ECG",),
    "temp": ("Temperature", "Temp"),
    "ibi": ("IBI", "RR"),
}
"""What senders call our streams"""
_UNITS = {
    "degrees celsius": "degC",
    "degree celsius": "degC",
    "degrees": "degC",
    "kelvin": "K",
    "microvolts": "uV",
    "volts": "V",
    "seconds": "s",
    "milliseconds": "ms",
    "nanosiemens": "nS",
}
_KEYS = ("type", "name", "source_id", "hostname")
_JUMP_S, _JUMP_SAMPLES = 0.1, 2.5
"""Times that jump by more than both of these are a hole"""


@dataclass(frozen=True, slots=True)
class Description:
    """What a sender says of its stream."""

    name: str
    source: str
    """Stays the same when the sender starts anew"""
    rate: float
    """Hertz; 0 for an irregular one"""
    labels: tuple[str, ...]
    """Of the channels; empty where it says none"""
    units: tuple[str, ...]


def predicate(address: str) -> str:
    """Return what to look for as liblsl wants it, from `type=EDA&name=wrist`.

    Raises
    ------
    BadSensorUrl
    """
    terms = []
    for term in address.replace(",", "&").split("&"):
        key, equals, value = term.partition("=")
        if key not in _KEYS or not equals or not value or "'" in value:
            raise BadSensorUrl(f"sensor lsl://{address}: {term!r} is not KEY=VALUE with a key of {', '.join(_KEYS)}")
        same = next((names for names in TYPES.values() if key == "type" and value in names), (value,))
        terms.append("(" + " or ".join(f"{key}='{name}'" for name in same) + ")")
    return " and ".join(terms)


def implied(address: str) -> tuple[Wanted, ...]:
    """Return the stream that the type in an address means.

    Raises
    ------
    BadSensorUrl
        When it means none.
    """
    terms = dict(term.partition("=")[::2] for term in address.replace(",", "&").split("&"))
    for stream, names in TYPES.items():
        if terms.get("type", "").lower() in map(str.lower, names):
            return (Wanted(stream, ""),)
    raise BadSensorUrl(
        f"sensor lsl://{address} does not say which stream it is; add ?channels=STREAM:LABEL, as in eda:EDA/uS"
    )


def columns(wanted: Sequence[Wanted], said: Description) -> dict[str, tuple[int, Conversion]]:
    """Find the channel of each stream and its conversion.

    Raises
    ------
    Refused
        When there is no such channel, or nobody says its unit.
    """
    return {one.stream: (_column(one, said), _conversion(one, said, _column(one, said))) for one in wanted}


def _column(wanted: Wanted, said: Description) -> int:
    """Return a channel by its label, its number from 1, or, for the usual one, by the stream's type."""
    labels = [label.lower() for label in said.labels]
    meant = [wanted.channel.lower()] if wanted.channel else [name.lower() for name in TYPES[wanted.stream]]
    for name in meant:
        if name in labels:
            return labels.index(name)
    if wanted.channel.isdigit() and 1 <= int(wanted.channel) <= len(said.units):
        return int(wanted.channel) - 1
    if not wanted.channel and len(said.units) == 1:
        return 0
    there = ", ".join(said.labels) or f"1 to {len(said.units)}"
    raise Refused(f"{said.name} has no channel {wanted.channel or meant[0]!r} for {wanted.stream}; there are {there}")


def _conversion(wanted: Wanted, said: Description, column: int) -> Conversion:
    unit = wanted.formula or said.units[column]
    found = conversion(wanted.stream, _UNITS.get(unit.lower(), unit), Board())
    if found is None:
        label = said.labels[column] if said.labels else str(column + 1)
        what = f"gives {wanted.stream} in {unit!r}" if unit else f"gives no unit for {label}"
        raise Refused(
            f"{said.name} {what}; say it in the URL: channels={wanted.stream}:{label}/UNIT with one of "
            f"{', '.join(known(wanted.stream))}"
        )
    return replace(found, name=found.name.replace("lines.", "lsl.", 1))


class Placing:
    """Puts what an inlet gives on session time, through any number of connections.

    Parameters
    ----------
    streams
        Names of those wanted.
    """

    def __init__(self, streams: Iterable[str]) -> None:
        self.tracks = {stream: Track(stream) for stream in streams}
        self.clock: ClockFit | None = None
        self.samples = 0
        """So far"""
        self.lost = 0
        """Samples that the times of the others tell of"""
        self._rate = 0.0
        self._columns: Mapping[str, tuple[int, Conversion]] = {}
        self._index = 0
        self._last: float | None = None

    def connect(self, rate: float, columns: Mapping[str, tuple[int, Conversion]]) -> None:
        """Begin with a stream that was opened, again perhaps under another rate."""
        self._rate, self._columns, self._last = rate, columns, None
        self.clock = ClockFit(rate) if rate else None
        for stream, track in self.tracks.items():
            track.recount()
            track.pace(0.0 if stream == "ibi" else rate)

    def push(self, values: Doubles, times: Doubles) -> list[Block | Gap]:
        """Take samples.

        Parameters
        ----------
        values
            [n, channels].
        times
            [n] of session time, seconds.
        """
        placed: list[Block | Gap] = []
        cuts = [0, *(np.flatnonzero(np.diff(times) > self._jump()) + 1), len(times)]
        for start, stop in pairwise(cuts):
            if start < stop:
                placed += self._stretch(values[start:stop], times[start:stop])
        self.samples += len(times)
        return placed

    def _jump(self) -> float:
        return max(_JUMP_S, _JUMP_SAMPLES / self._rate) if self._rate else np.inf

    def _stretch(self, values: Doubles, times: Doubles) -> Iterator[Block | Gap]:
        """Place samples without a jump in their times."""
        passed = float(times[0]) - self._last if self._last is not None else 0.0
        self._last = float(times[-1])
        if passed > self._jump():
            missing = round(passed * self._rate) - 1
            self._index += missing
            self.lost += missing
            for track in self.tracks.values():
                yield from track.skip(missing, float(times[0]), "the sender's time jumped")
        first, self._index = self._index, self._index + len(times)
        if self.clock is not None:
            end = self.clock.push(self._index - 1, float(times[-1]))
            times = end - np.arange(len(times))[::-1] / self._rate
        for stream, (column, how) in self._columns.items():
            yield from self._put(self.tracks[stream], first, times, how.formula(values[:, column]).astype(np.float32))

    def _put(self, track: Track, first: int, times: Doubles, values: NDArray[np.float32]) -> Iterator[Block | Gap]:
        """Put stretches of numbers, and count those of none."""
        known = np.isfinite(values)
        edges = [0, *(np.flatnonzero(np.diff(known)) + 1), len(values)]
        for start, stop in pairwise(edges):
            if known[start] and track.rate:
                yield from track.put(Run(first + start, float(times[start]), values[start:stop], contact=True))
            elif known[start]:
                for k in range(start, stop):
                    yield from track.put(Run(first + k, float(times[k]), values[k : k + 1], contact=True))
            elif track.rate:
                yield from track.skip(stop - start, float(times[start]), "the sender has no value")
