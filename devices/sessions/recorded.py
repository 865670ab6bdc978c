"""A recording of a session, played again as it was."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devices.block import Event, known_until
from devices.sessions import layout
from devices.sessions.chunk_head import read_head
from devices.sessions.chunk_reader import Chunk, fault_of, read_chunk
from devices.sessions.index import read_index
from devices.sessions.lines import BadLine, Entry, Note
from devices.sessions.manifest import read_manifest
from devices.sessions.positions import Positions, missing
from devices.source import Utterance


@dataclass(frozen=True, slots=True)
class Checked:
    """How far `RecordedSession.verify` has come."""

    file: str
    """Within the recording"""
    bytes: int
    """Of all files, checked so far"""
    of: int
    """Bytes of all files"""
    wrong: str | None
    """What is the matter with this one"""


class RecordedSession:
    """A `devices.source.Source` of what `devices.sessions.recorder` wrote, also where it was killed.

    Nothing is repaired: a recording is read as far as it goes. What is missing or damaged is skipped: a gap for each
    stream says how much that was, and `notices` which file and why.

    Parameters
    ----------
    folder
        Of one recording.

    Raises
    ------
    SourceNotFound
        There is no such folder.
    UnreadableSource
        It is no recording, one of another version, or its manifest is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.resolve().name
        self.manifest, unknown = read_manifest(folder)
        source = self.manifest.source
        self.rates: Mapping[str, float] = source.rates
        self.person: str | None = source.person
        self.synthetic = source.synthetic
        self.utterances: Sequence[Utterance] = source.utterances
        self._index = read_index(folder)
        self._chunks = max([-1, *layout.chunks(folder), *self._index.sealed]) + 1
        self._since = 0.0
        self.duration: float | None = self._reached()
        self._wrong = [*self._index.wrong, *self._unchecked()]
        self._known = [*source.notices, *unknown, *self._index.unknown, *self._wrong, *self._cut()]
        self._found: list[str] = []

    @property
    def is_whole(self) -> bool:
        """Whether the recording was closed, not cut off."""
        return self._index.end is not None

    @property
    def captures(self) -> Sequence[Path]:
        """Raw captures of devices, for `devices.link.captured_source`."""
        return layout.captures(self.folder)

    def notices(self) -> Sequence[str]:
        """What the source said at the start; what is wrong with the recording, as far as it has been read.

        At the end also what the source said then.
        """
        return (*self._known, *self._found)

    def since(self, t: float) -> "RecordedSession":
        """Return the same recording from a session time in seconds on.

        What ended by then is left out; the first block of a stream may begin before it. Chunks before it are not read.
        """
        later = copy.copy(self)
        later._since, later._found = t, []
        return later

    def events(self) -> Iterator[Event]:
        """Everything that came, in the order in which it came."""
        yield from (entry for entry in self.entries() if not isinstance(entry, Note))

    def entries(self) -> Iterator[Entry]:
        """Everything that came, and the notes between, in the order in which they came."""
        self._found = []
        first = self._first_chunk()
        positions: Positions | None = None if first else {}
        reason = "the recording is damaged"
        for number in range(first, self._chunks):
            chunk = self._read(number)
            self._found += chunk.wrong
            if chunk.head is not None:
                begins = chunk.head.begins
                yield from missing(begins if positions is None else positions, begins, reason)
                yield from self._wanted(chunk.entries())
                positions = chunk.ends
            reason = chunk.damage or reason
        if sealed := self._index.sealed.get(self._chunks - 1):
            yield from missing(positions or {}, sealed.ends, reason)
        self._found += self._index.end.notices if self._index.end else []

    def verify(self) -> Iterator[Checked]:
        """Check the index, then every file that it knows, then the chunks of which it does not tell."""
        sums = {name: one for sealed in self._index.sealed.values() for name, one in sealed.files.items()}
        sums |= self._index.end.files if self._index.end else {}
        done, of = 0, sum(one.bytes for one in sums.values())
        yield from (Checked(layout.INDEX, done, of, wrong) for wrong in self._wrong)
        for name, one in sums.items():
            done += one.bytes
            yield Checked(name, done, of, fault_of(self.folder, name, sums))
        for number in sorted(set(range(self._chunks)) - self._index.sealed.keys()):
            for wrong in self._read(number).wrong:
                yield Checked(layout.events_name(number), done, of, wrong)

    def _read(self, number: int) -> Chunk:
        return read_chunk(self.folder, number, self._index.sealed.get(number))

    def _wanted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Leave out what ended before the wanted time, and the notes before what follows."""
        begun = self._since <= 0.0
        for entry in entries:
            if isinstance(entry, Note):
                wanted = begun
            else:
                wanted = self._since <= 0.0 or known_until(entry) > self._since
                begun = begun or wanted
            if wanted:
                yield entry

    def _first_chunk(self) -> int:
        """Find the last chunk that begins before the wanted time: what came before it had ended by then."""
        for number in range(self._chunks - 1, 0, -1):
            with suppress(OSError, BadLine), (self.folder / layout.events_name(number)).open(encoding="utf-8") as file:
                if read_head(file.readline(), number).since <= self._since:
                    return number
        return 0

    def _reached(self) -> float:
        """Session time that the recording reached, seconds."""
        if self._index.end is not None:
            return self._index.end.until
        sealed = [one.until for one in self._index.sealed.values()]
        last = self._chunks - 1
        rest = [] if last < 0 or last in self._index.sealed else self._read(last).entries()
        return max([0.0, *sealed, *(known_until(entry) for entry in rest if not isinstance(entry, Note))])

    def _unchecked(self) -> Iterator[str]:
        """Name chunks of which the index should tell and does not."""
        whole = self._chunks if self.is_whole else self._chunks - 1
        for number in sorted(set(range(whole)) - self._index.sealed.keys()):
            yield f"{layout.INDEX}: expected a line of chunk {number}; there is none, so its files are not checked"

    def _cut(self) -> Iterator[str]:
        if not self.is_whole:
            yield f"{self.name}: the recording was cut off at {self.duration:.1f} s"
