"""A raw capture as a recording: the bytes that once came, decoded anew, with the times at which they came."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from devices.block import Away, Block, Gap
from devices.link.captured import Entry, read_capture
from devices.link.readings import Reading, Readings, SensorNotice
from devices.link.script import Conversation
from devices.link.tape import Tape, is_opening
from devices.link.transport import READ_S, LinkError, Unplugged
from devices.sensors import catalog
from devices.sensors.driver import Driver, Refused, UnknownChannel, UnknownOption, Wanted
from devices.sensors.url import BadSensorUrl, parse
from devices.source import UnreadableSource, Utterance
from devices.timeline import Recorded, cut, delivery_time

LATE_S = 1.0
"""What was taken before the end of a session is looked for among the bytes that came until so long after it"""


class CapturedSource:
    """A `devices.source.Source` of what one sensor sent; session time 0 is when the capture began.

    Parameters
    ----------
    path
        Of the capture.
    wanted
        In place of the channels that its head names, as for another formula.

    Raises
    ------
    SourceNotFound
        There is no such file.
    UnreadableSource
        It is no capture, its URL names what there is not, or nothing in it is of the device that the URL names.
    """

    person: str | None = None
    utterances: Sequence[Utterance] = ()
    synthetic = False

    def __init__(self, path: Path, wanted: Sequence[Wanted] = ()) -> None:
        self._captured = read_capture(path)
        self.name = path.name
        try:
            url = parse(self._captured.url)
            self._url = replace(url, wanted=tuple(wanted)) if wanted else url
            self._driver()
        except (BadSensorUrl, catalog.UnknownProtocol, UnknownChannel, UnknownOption) as error:
            raise UnreadableSource(f"{path}: {error}") from error
        entries = self._captured.entries
        self.duration: float | None = entries[-1].time if entries else 0.0
        self._notices: list[str] = []
        self.rates: Mapping[str, float] = self._listen()

    def notices(self) -> Sequence[str]:
        """Lines that could not be read, and what the device and its connections had to say."""
        return [*self._captured.notices, *self._notices]

    def events(self, end: float | None = None) -> Iterator[Recorded]:
        """Blocks and gaps in [0, `end`) seconds, at the session times of the capture; None: to its own end."""
        until = (self.duration or 0.0) if end is None else end
        self._notices.clear()
        away: dict[str, Gap] = {}
        for reading in self._readings(self._fresh(), until):
            match reading:
                case SensorNotice():
                    self._notices.append(f"{self.name}: at {reading.t:.1f} s: {reading.text}")
                case Gap(duration=None):
                    away[reading.stream] = reading
                case Block() | Gap():
                    away.pop(reading.stream, None)
                    yield from cut(reading, until)
        yield from (ended for gap in away.values() for ended in self._ended(gap, until))

    def _ended(self, gap: Gap, end: float) -> list[Gap]:
        """Let what did not come back be missing to the end."""
        rate = self.rates[gap.stream]
        lost = math.ceil((end - gap.time) * rate) if rate else None
        return [replace(gap, lost=lost, duration=end - gap.time)] if gap.time < end else []

    def _driver(self) -> Driver:
        return catalog.driver(self._url.protocol, self._url.wanted, self._url.options)

    def _fresh(self) -> Readings:
        return Readings(self._driver(), [wanted.stream for wanted in self._url.wanted])

    def _listen(self) -> dict[str, float]:
        """Rates as far as the device itself must be heard to know them."""
        readings, said = self._fresh(), ""
        for reading in self._readings(readings, math.inf):
            if readings.is_flowing:
                return dict(readings.rates)
            if isinstance(reading, SensorNotice):
                said = reading.text
        driver = self._driver()
        problem = said or readings.evidence.complaint(driver.title, driver.port.baud, self.duration or 0.0)
        raise UnreadableSource(f"{self.name}: nothing in it is of a {driver.title}: {problem}")

    def _readings(self, readings: Readings, end: float) -> Iterator[Reading]:
        """What comes of the capture, read by read in the order of time; at last, every stream is away."""
        yield from readings.lose(0.0, "not connected yet")
        now = 0.0
        for entries in _connections(self._captured.entries, end + LATE_S):
            playback = _Playback(entries)
            try:
                for readings_of_one_read in self._connection(playback, readings):
                    yield from sorted(readings_of_one_read, key=_time)
            except (LinkError, Refused, UnknownChannel) as error:
                problem = str(error).removeprefix(f"{playback.name}: ")
                yield SensorNotice(playback.now, problem)
                yield from readings.lose(playback.now, problem)
            now = playback.now
        yield from readings.lose(now, "the capture is over")

    def _connection(self, playback: "_Playback", readings: Readings) -> Iterator[list[Reading]]:
        """What comes from an opening of the port to a loss, which is raised, or to the end."""
        driver = self._driver()
        talk = Conversation(playback, playback.clock)
        readings.connect()
        talk.settle(driver.port.settle_s)
        data = talk.run(driver.start())
        while data or playback.is_there():
            if data:
                yield readings.push(data, playback.now)[1]
            data = playback.read() if playback.is_there() else b""


class _Playback:
    """One connection of a capture as a transport, in a time that passes with its reads."""

    name = "the capture"

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._tape = Tape(entries)
        self.now = entries[0].time

    def clock(self) -> float:
        return self.now

    def is_there(self) -> bool:
        return self._tape.next is not None

    def open(self) -> None: ...

    def close(self) -> None: ...

    def write(self, data: bytes) -> None:
        written = self._tape.hear(data)
        if written is not None:
            self.now = written

    def read(self) -> bytes:
        if not self.is_there():
            raise Unplugged("the capture is over")
        entry = self._tape.due(self.now + READ_S)
        if entry is None:
            self.now += READ_S
            return b""
        self.now = max(self.now, entry.time)
        if entry.direction == "!":
            raise Unplugged(entry.text.removeprefix("lost: "))
        return entry.data


def _connections(entries: Sequence[Entry], end: float) -> list[list[Entry]]:
    """Split a capture, as far as it came before `end`, where the port was opened."""
    parts: list[list[Entry]] = [[]]
    for entry in entries:
        if is_opening(entry):
            parts.append([])
        elif entry.time < end:
            parts[-1].append(entry)
    return [part for part in parts if part]


def _time(reading: Reading) -> float:
    match reading:
        case Block() | Gap():
            return delivery_time(reading)
        case Away():
            return reading.until
        case SensorNotice():
            return reading.t
