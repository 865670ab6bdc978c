"""XDF files, as LabRecorder and our own export write them: sound and body signals on one time line."""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devices import xdf_format as xdf
from devices.audio_file import BLOCK_SAMPLES, RATE, Header, level_quality
from devices.block import Block, Gap
from devices.lsl_stream import Placing, columns
from devices.sensors.driver import Conversion, Refused, Wanted
from devices.source import SourceNotFound, UnreadableSource, Utterance
from devices.stretch import BLOCK_S
from devices.timeline import Recorded, in_delivery_order
from devices.xdf_sound import Mono, Placed
from devices.xdf_stream import XdfStream, stream_of

STREAMS = ("audio", "eda", "ecg", "temp", "ibi")
_LATE_S = 1.0
"""A stream that begins so much later than another, or ends so much earlier, has a gap there"""
_CLOCK_S = 1.0
"""Clock offsets that are off their line by more tell of a clock that was set anew"""
_SOUND = Conversion("xdf.audio", "", lambda values: values)


@dataclass(frozen=True, slots=True)
class _Used:
    """A stream of ours, and where it comes from."""

    name: str
    stream: XdfStream
    columns: Mapping[str, tuple[int, Conversion]]

    @property
    def rate(self) -> float:
        return {"audio": float(RATE), "ibi": 0.0}.get(self.name, self.stream.said.rate)


def is_xdf(path: Path) -> bool:
    """Tell whether a file is XDF, by its beginning."""
    try:
        with path.open("rb") as file:
            return file.read(len(xdf.MAGIC)) == xdf.MAGIC
    except OSError:
        return False


class XdfRecording:
    """A `devices.source.Source` of the streams of an XDF file that are sound, or signals of a body.

    They are recognised by type, name or the labels of their channels; times are put on the recorder's clock by a line
    through the clock offsets, as in pyxdf. Session time begins with the first sample.

    Parameters
    ----------
    path
        Of the file.
    wanted
        Which channel is which stream in which unit (`eda:GSR/uS`), where the file does not say.
    block_samples
        Of audio in each block.

    Raises
    ------
    SourceNotFound
        There is no such file.
    UnreadableSource
        It is not XDF, or holds nothing that can be used.
    """

    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(self, path: Path, wanted: Sequence[Wanted] = (), block_samples: int = BLOCK_SAMPLES) -> None:
        self.name = path.name
        self._block_samples = block_samples
        streams, damage = _read(path)
        self._used, refused = _choose(streams, {one.stream: one for one in wanted})
        if what := self._lacking(wanted, refused):
            held = ", ".join(f"{one.said.name} ({one.kind or 'no type'})" for one in streams) or "none"
            raise UnreadableSource(f"{path}: {what}; its streams are {held}")
        self._notices = [f"{self.name}: {line}" for line in (*damage, *refused, *self._remarks())]
        self._zero = min(one.stream.survey.begin for one in self._used)
        self.duration: float | None = max(one.stream.survey.end for one in self._used) - self._zero
        self.rates: Mapping[str, float] = {one.name: one.rate for one in self._used}

    def notices(self) -> Sequence[str]:
        """Say what is damaged, was converted, or cannot be used."""
        return tuple(self._notices)

    def events(self) -> Iterator[Recorded]:
        """Deliver all streams as if they had been heard and felt together."""
        return in_delivery_order(*(self._flow(one) for one in self._used))

    def _lacking(self, wanted: Sequence[Wanted], refused: Sequence[str]) -> str | None:
        """Say what keeps the file from being used."""
        used = {one.name for one in self._used}
        for one in wanted:
            if one.stream not in used:
                return f"no stream has a channel {one.channel!r} that gives {one.stream} in {one.formula or 'its unit'}"
        return None if used else "; ".join(["holds no sound and no signal of a body", *refused])

    def _remarks(self) -> Iterator[str]:
        for one in self._used:
            said = one.stream.said
            if one.name == "audio" and (fact := Header(round(said.rate), one.stream.channels, 1).conversion()):
                yield f"{said.name}: {fact}"
            if one.stream.line.worst > _CLOCK_S:
                yield f"{said.name}: its clock was set anew; times may be {one.stream.line.worst:.1f} s off"
            if one.stream.survey.damaged:
                yield f"{said.name}: {one.stream.survey.damaged} damaged chunks are left out"

    def _flow(self, one: _Used) -> Iterator[Recorded]:
        """Add to a stream what is missing before and after it."""
        end, begun = 0.0, False
        for event in self._placed(one):
            if not begun and event.time > _LATE_S:
                yield Gap(one.name, 0.0, None, event.time, "the stream had not begun")
            begun = True
            end = event.end if isinstance(event, Block) else event.time + (event.duration or 0.0)
            yield event
        rest = (self.duration or 0.0) - end
        if rest > _LATE_S:
            yield Gap(one.name, end, round(rest * one.rate), rest, "the stream had ended")

    def _placed(self, one: _Used) -> Iterator[Recorded]:
        """Put samples on session time, a few at a time."""
        size = self._block_samples if one.name == "audio" else max(1, round(BLOCK_S * one.rate))
        placing = Placing([one.name])
        placing.connect(one.rate, one.columns)
        for values, times in _pieces(one):
            for at in range(0, len(times), size):
                for event in placing.push(values[at : at + size], times[at : at + size] - self._zero):
                    if one.name == "audio" and isinstance(event, Block):
                        yield replace(event, flags=level_quality(event.values))
                    else:
                        yield event


def _pieces(one: _Used) -> Iterator[Placed]:
    if one.name != "audio":
        yield from ((values.astype(float), times) for values, times in one.stream.samples())
        return
    mono = Mono(round(one.stream.said.rate), one.stream.scale)
    for values, times in one.stream.samples():
        yield from mono.push(values, times)
    yield from mono.flush()


def _read(path: Path) -> tuple[list[XdfStream], list[str]]:
    """Find the streams and where their samples are, and what is damaged."""
    if not path.exists():
        raise SourceNotFound(f"{path}: no such file")
    streams: dict[int, XdfStream] = {}
    damage = []
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for chunk in xdf.read_chunks(memoryview(data)):
            if isinstance(chunk, str):
                damage.append(chunk)
                continue
            try:
                _sort_in(streams, chunk)
            except xdf.BadXdf as error:
                damage.append(str(error))
    except OSError as error:
        raise UnreadableSource(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UnreadableSource(f"{path}: not an XDF file that can be read: {error}") from None
    return list(streams.values()), damage


def _sort_in(streams: dict[int, XdfStream], chunk: xdf.Chunk) -> None:
    """Take in what a chunk says."""
    if chunk.tag == xdf.Tag.STREAM_HEADER:
        streams[chunk.stream] = stream_of(xdf.read_xml(chunk.content))
    elif chunk.tag == xdf.Tag.SAMPLES and chunk.stream in streams:
        streams[chunk.stream].chunks.append(chunk.content)
    elif chunk.tag == xdf.Tag.CLOCK_OFFSET and chunk.stream in streams:
        streams[chunk.stream].offsets.append(xdf.read_offset(chunk.content))


def _choose(streams: Sequence[XdfStream], named: Mapping[str, Wanted]) -> tuple[list[_Used], list[str]]:
    """Take for each stream of ours the first that gives it; say why others cannot."""
    used: list[_Used] = []
    refused: list[str] = []
    for name in STREAMS:
        for stream in streams:
            if stream.format == xdf.TEXT or not (name in named or name in stream.meanings()):
                continue
            try:
                used.append(_use(named.get(name, Wanted(name, "")), stream))
                break
            except Refused as error:
                refused += [] if name in named else [str(error)]
    return used, refused


def _use(wanted: Wanted, stream: XdfStream) -> _Used:
    """Find the channel and its unit.

    Raises
    ------
    Refused
        When it has none, or no samples.
    """
    if wanted.stream != "ibi" and not stream.said.rate:
        raise Refused(f"{stream.said.name} gives no rate")
    found = {"audio": (0, _SOUND)} if wanted.stream == "audio" else columns([wanted], stream.said)
    if stream.survey.end < stream.survey.begin:
        raise Refused(f"{stream.said.name} holds no samples")
    return _Used(wanted.stream, stream, found)
