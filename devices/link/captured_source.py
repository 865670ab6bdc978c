"""A raw capture as a recording: the bytes that once came, decoded anew, with the times at which they came."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from devices.block import Block, Gap
from devices.link.captured import Entry, read_capture
from devices.link.readings import Reading, Readings, SensorNotice
from devices.link.script import Conversation
from devices.link.tape import Tape, is_opening
from devices.link.transport import READ_S, LinkError, Unplugged
from devices.sensors import catalog
from devices.sensors.driver import Driver, Refused, UnknownChannel, UnknownOption
from devices.sensors.url import BadSensorUrl, SensorUrl, parse
from devices.source import UnreadableSource, Utterance


class CapturedSource:
    """A `devices.source.Source` of what one sensor sent.

    Parameters
    ----------
    path
        Of the capture.
    url
        In place of the one in its head, to read it by another protocol, formula or rate.

    Raises
    ------
    SourceNotFound
        There is no such file.
    UnreadableSource
        It is no capture, or its URL names what there is not.
    """

    person: str | None = None
    utterances: Sequence[Utterance] = ()
    synthetic = False

    def __init__(self, path: Path, url: SensorUrl | None = None) -> None:
        self._captured = read_capture(path)
        self.name = path.name
        try:
            self._url = url or parse(self._captured.url)
            self._driver()
        except (BadSensorUrl, catalog.UnknownProtocol, UnknownChannel, UnknownOption) as error:
            raise UnreadableSource(f"{path}: {error}") from error
        entries = self._captured.entries
        self.duration = entries[-1].time if entries else 0.0
        self._notices: list[str] = []
        self.rates = self._listen()

    def notices(self) -> Sequence[str]:
        """Lines that could not be read, and what the device and its connections had to say."""
        return [*self._captured.notices, *self._notices]

    def events(self) -> Iterator[Block | Gap]:
        """Blocks and gaps, at the session times of the capture."""
        self._notices.clear()
        for reading in self._readings(self._fresh()):
            if isinstance(reading, SensorNotice):
                self._notices.append(reading.text)
            elif isinstance(reading, Block) or (isinstance(reading, Gap) and reading.duration is not None):
                yield reading

    def _driver(self) -> Driver:
        return catalog.driver(self._url.protocol, self._url.wanted, self._url.options)

    def _fresh(self) -> Readings:
        return Readings(self._driver(), [wanted.stream for wanted in self._url.wanted])

    def _listen(self) -> dict[str, float]:
        """Rates as far as the device itself must be heard to know them."""
        readings = self._fresh()
        for _ in self._readings(readings):
            if readings.is_flowing:
                break
        return dict(readings.rates)

    def _readings(self, readings: Readings) -> Iterator[Reading]:
        driver = self._driver()
        for entries in _connections(self._captured.entries):
            playback = _Playback(self.name, entries)
            talk = Conversation(playback, playback.clock)
            readings.connect()
            try:
                talk.settle(driver.port.settle_s)
                data = talk.run(driver.start())
                while True:
                    if data:
                        yield from readings.push(data, playback.now)[1]
                    data = playback.read()
            except (LinkError, Refused, UnknownChannel) as error:
                reason = str(error).removeprefix(f"{self.name}: ")
                yield SensorNotice(playback.now, f"{self.name}: {reason}")
                yield from readings.lose(playback.now, reason)


class _Playback:
    """One connection of a capture as a transport, in a time that passes with its reads."""

    def __init__(self, name: str, entries: Sequence[Entry]) -> None:
        self.name = name
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
            raise Unplugged(f"{self.name}: the capture is over")
        entry = self._tape.due(self.now + READ_S)
        if entry is None:
            self.now += READ_S
            return b""
        self.now = max(self.now, entry.time)
        if entry.direction == "!":
            raise Unplugged(f"{self.name}: {entry.text.removeprefix('lost: ')}")
        return entry.data


def _connections(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Split a capture where the port was opened."""
    parts: list[list[Entry]] = [[]]
    for entry in entries:
        if is_opening(entry):
            parts.append([])
        else:
            parts[-1].append(entry)
    return [part for part in parts if part]
