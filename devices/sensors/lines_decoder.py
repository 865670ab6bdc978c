"""Lines of text from a sketch, made into frames: one layout for each column, since sketches print at will.

A line may be cut or wrong and still be a number, so the first line after opening is never data, a count of fields that
does not fit is no data, and where lines have checksums one without is no data either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

from devices.sensors.frames import Channel, Clock, Counters, Decoded, Frame, Layout, Lost, Remark
from devices.sensors.line_clock import FAR, MICROSECOND_HZ, Count, DeviceTime
from devices.sensors.line_grammar import Damaged, ElectrodesOff, Header, Log, Meaning, Meta, Pairs, Row, read, unseal
from devices.sensors.line_splitter import Line, LineSplitter

COUNTER = "n"
"""Name of a column that counts the lines"""
ONLY = "value"
"""Name of the column of lines that hold one number"""

_COLUMNS = 64  # names, at most: noise makes new ones
_TRUST = 8  # lines without a checksum, after those with one, that it takes to believe that there are none any more
_EARLY_S = 1.0  # by which lines may seem to come too early, where they come in bunches
_FOREIGN = 1024  # bytes without data, after which something is said
_NOT_LINES = f"{_FOREIGN} bytes without a line of numbers: another device, another baud rate, or nothing but noise"


@dataclass(slots=True)
class _Column:
    layout: Layout
    index: int = 0


class LinesDecoder:
    """A `Decoder` of text lines.

    Parameters
    ----------
    columns
        Names of the values of a line, where the sketch prints no header; it outranks one.
    rate
        Lines a second; 0 when they come as they come.
    """

    def __init__(self, columns: Sequence[str] = (), rate: float = 0.0) -> None:
        self.counters = Counters()
        self.lines = 0
        """With values, named or not"""
        self.unnamed = 0
        """Values in the last line whose values had no names"""
        self._splitter = LineSplitter()
        self._fixed = bool(columns)
        self._names = tuple(columns)
        self._rate = rate
        self._units: dict[str, str] = {}
        self._columns: dict[str, _Column] = {}
        self._last: tuple[str, ...] = ()
        self._time = DeviceTime()
        self._count = Count()
        self._first = True
        self._seals = 0  # how much checksums are expected, up to `_TRUST`
        self._began: float | None = None  # arrival of the first bytes
        self._arrived: float | None = None  # of the newest
        self._heard: float | None = None  # of the last good line
        self._off = False
        self._spoilt: int | None = 0  # lines since the last good one; None when they cannot be counted
        self._known: tuple[tuple[str, ...], Clock] | None = None  # for which all layouts are up to date
        self._foreign = 0  # bytes since the last good line
        self._said = ""

    @property
    def layouts(self) -> Sequence[Layout]:
        """One for each column seen so far, called like it."""
        return [column.layout for column in self._columns.values()]

    def push(self, data: bytes, arrived: float | None = None) -> list[Decoded]:
        """Take the next bytes; see `Decoder.push`."""
        self._arrived = arrived
        if self._began is None:
            self._began = arrived
        self.counters.received += len(data)
        out: list[Decoded] = []
        for line in self._splitter.push(data):
            self._line(line, out)
        self.counters.waiting = self._splitter.waiting
        return out

    def cut(self) -> list[Decoded]:
        """Say that bytes are missing here; see `Decoder.cut`."""
        self.counters.skipped += self._splitter.cut()
        self.counters.waiting = 0
        self._first = True
        self._spoilt = None
        return []

    def _line(self, line: Line, out: list[Decoded]) -> None:
        first, self._first = self._first, False
        body, sealed = unseal(line.text) if line.text is not None else (b"", None)
        meaning = Damaged("too long") if line.text is None else read(body)
        if isinstance(meaning, Pairs | Row):
            right = sealed or (sealed is None and not self._seals)
            self._expect_seal(sealed)
            if first or not right or not self._values(meaning, line, out):
                self._spoil(line, first, out)
        elif isinstance(meaning, Damaged) or sealed is False:
            self._spoil(line, first, out)
        else:
            self.counters.accepted += line.size
            self._words(meaning, line, out)

    def _expect_seal(self, sealed: bool | None) -> None:
        """Learn from a line; one that had a checksum by chance spoils no more than the next one without."""
        if sealed is not False:
            self._seals = max(0, min(_TRUST, self._seals + (1 if sealed else -1)))

    def _values(self, meaning: Pairs | Row, line: Line, out: list[Decoded]) -> bool:
        """Take a line of values; return False when it cannot be one of this sketch."""
        self.lines += 1
        values = self._named(meaning, out)
        if values is None:
            return False
        names = self._data(values)
        ticks = self._time.ticks(values, self._units)
        if ticks is None and any(self._clock(name) == "ticks" for name in names):
            return False
        if len(self._columns) >= _COLUMNS and any(name not in self._columns for name in names):
            return False
        missing = self._count.step(values[COUNTER], self._most()) if COUNTER in values else None
        self._heard = self._arrived
        if missing == -1:  # the same line again
            self.counters.skipped += line.size
            return True
        self._know(names, "ticks" if ticks is not None else "index" if COUNTER in values else "arrival", out)
        if COUNTER in values:
            self._lose(names, missing, "sequence", line.at, out)
        else:
            self._lose(names, self._spoilt, "unreadable", line.at, out)
        self._emit({name: values[name] for name in names}, line.at, ticks, out)
        self.counters.accepted += line.size
        self._last, self._spoilt, self._foreign, self._off = names, 0, 0, False
        return True

    def _most(self) -> float:
        """Return how many lines can be missing since the last good one: no line comes from the future."""
        if self._arrived is None or self._heard is None or self._began is None:
            return FAR
        since = self._arrived - self._began
        pace = self._rate or (self.lines / since if since > 0 else 0.0)
        return min(FAR, pace * (self._arrived - self._heard + _EARLY_S)) if pace else FAR

    def _data(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those columns that measure something of a body."""
        return tuple(name for name in names if name != COUNTER and not self._time.names(name))

    def _named(self, meaning: Pairs | Row, out: list[Decoded]) -> Mapping[str, float] | None:
        """Return values by name; None where the names are not known or are others."""
        if isinstance(meaning, Pairs):
            return meaning.values
        count = len(meaning.values)
        names = self._names or ((ONLY,) if count == 1 else ())
        if count == len(names):
            return dict(zip(names, meaning.values, strict=True))
        if not names and self.unnamed != count:
            self.unnamed = count
            out.append(Remark("layout", f"lines of {count} numbers without names: add columns=NAME,NAME,..."))
        return None

    def _words(self, meaning: Meaning | None, line: Line, out: list[Decoded]) -> None:
        """Take what is no data: names, units, remarks."""
        if isinstance(meaning, Header):
            if not self._fixed and (meaning.tight or not self._names):
                self._names = meaning.names
        elif isinstance(meaning, Meta):
            self._units |= meaning.units
            self._rate = self._rate or meaning.rate or 0.0
            self._known = None
            self._know(tuple(self._columns), "arrival", out)
        elif isinstance(meaning, ElectrodesOff):
            self._electrodes_off(line, out)
        elif isinstance(meaning, Log) and meaning.text != self._said:
            self._said = meaning.text
            out.append(Remark("log", meaning.text))

    def _electrodes_off(self, line: Line, out: list[Decoded]) -> None:
        if not self._off:
            out.append(Remark("electrodes off", "the device says that its electrodes are off"))
        self._off, self._spoilt, self._foreign = True, 0, 0
        names = self._last or self._data(self._names) or (ONLY,)
        if not any(self._clock(name) == "ticks" for name in names):  # such a line has no time
            self._know(names, "arrival", out)
            self._emit(dict.fromkeys(names, nan), line.at, None, out, contact=False)

    def _clock(self, name: str) -> Clock | None:
        return self._columns[name].layout.clock if name in self._columns else None

    def _know(self, names: tuple[str, ...], clock: Clock, out: list[Decoded]) -> None:
        """Keep the layouts of columns up to what is known of them, and say what is new."""
        if self._known == (names, clock):
            return
        self._known = names, clock
        new = [self._layout(name, clock) for name in names]
        new = [layout for layout in new if layout not in self.layouts]
        for layout in new:
            self._columns.setdefault(layout.name, _Column(layout)).layout = layout
        if new:
            said = ", ".join(f"{layout.name} ({layout.channels[0].unit or 'no unit'})" for layout in new)
            out.append(Remark("layout", f"the device sends {said}"))

    def _layout(self, name: str, clock: Clock) -> Layout:
        """Return the layout of a column; whether it has the device's clock is settled by its first line."""
        had = self._clock(name)
        if had is not None and "ticks" in (had, clock):
            clock = had
        elif had == "index":
            clock = "index"
        clock = "arrival" if clock == "index" and not self._rate else clock
        channel = Channel(name, self._units.get(name.lower(), ""))
        return Layout(name, (channel,), self._rate, clock, MICROSECOND_HZ if clock == "ticks" else 0.0)

    def _lose(self, names: Iterable[str], count: int | None, reason: str, at: int, out: list[Decoded]) -> None:
        """Say what is missing of the columns that the last line had too."""
        lost = [self._columns[name] for name in names if name in self._last] if count != 0 else []
        exact = reason == "sequence" and count is not None
        for column in lost:
            out.append(Lost(column.layout.name, column.index, count, at, reason, exact))
            column.index += count or 0
        self.counters.lost += count or 0 if lost else 0

    def _emit(
        self, values: Mapping[str, float], at: int, ticks: int | None, out: list[Decoded], contact: bool = True
    ) -> None:
        for name, value in values.items():
            column = self._columns[name]
            out.append(Frame(name, column.index, (value,), at, ticks, contact))
            column.index += 1
        self.counters.frames += 1

    def _spoil(self, line: Line, first: bool, out: list[Decoded]) -> None:
        """Drop a line that is no data; noise has no lines worth counting before the first good one."""
        self.counters.skipped += line.size
        self.counters.broken += not first
        if self._spoilt is not None and self._last and not first:
            self._spoilt += 1
        before, self._foreign = self._foreign, self._foreign + line.size
        if before < _FOREIGN <= self._foreign:
            out.append(Remark("not this protocol", _NOT_LINES))
