"""Any audio file libsndfile reads, as 16 kHz mono blocks, in memory that does not grow with its length."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from devices.block import Block, Quality
from devices.source import SourceNotFound, UnreadableSource, Utterance

Audio = NDArray[np.float32]

RATE = 16_000
"""Hertz of every audio stream in maeum"""
BLOCK_SAMPLES = 512
_READ_FRAMES = 4096
"""Reads cost, but the one in which a decoder meets damage, or the end of FLAC of unknown length, is lost"""
_FULL_SCALE = 32_767 / 32_768
_CLIPPING_NOTICE = 0.001
"""Share of samples at full scale from which a person would hear it"""
_STREAMED_WAV = 0x7FFFFFF0
"""Programs that write WAV to a pipe put a size at least this large into the header: no promise"""
_UNKNOWN_LENGTH = 2**62
"""Frames; libsndfile gives more for FLAC that was written to a pipe"""
_XING_WITHIN = 65_536
"""Bytes; a larger ID3 tag may stand before it, then the samples are counted"""


class AudioFile:
    """A recording as one audio stream; blocks from the first sample to the last.

    Raises
    ------
    SourceNotFound
        No such file.
    UnreadableSource
        Not audio, or without samples. Where the file breaks off or holds a value that is not a number, `events`
        raises it, after every sample before that place.
    """

    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(self, path: Path, block_samples: int = BLOCK_SAMPLES) -> None:
        self.path = path
        self.name = path.name
        self.rates: Mapping[str, float] = {"audio": RATE}
        self._header = _read_header(path)
        self.duration: float | None = self._header.frames / self._header.rate
        self._block_samples = block_samples
        self._heard = Levels()

    def notices(self) -> Sequence[str]:
        """Say what was converted and, once it has been read, what is wrong with the level."""
        said = [f"{self.name}: {fact}" for fact in (self._header.conversion(), self._heard.fault()) if fact]
        return tuple(said)

    def events(self) -> Iterator[Block]:
        """Deliver the file in blocks of `block_samples`, the last one shorter."""
        decoder = Decoder(self.path, self._header)
        levels = Levels()
        for block in audio_blocks(decoder.samples(), self._block_samples):
            levels.add(Levels.of(block.values))
            yield block
        self._heard = levels
        if decoder.damage:
            raise UnreadableSource(decoder.damage)


@dataclass(slots=True)
class Levels:
    """What is known of the level of the samples seen so far."""

    samples: int = 0
    clipped: int = 0
    peak: float = 0.0

    @classmethod
    def of(cls, values: Audio) -> Self:
        """Look at samples."""
        size = np.abs(values)
        peak = float(size.max(initial=0.0))
        clipped = 0 if peak < _FULL_SCALE else int(np.count_nonzero(size >= _FULL_SCALE))
        return cls(len(values), clipped, peak)

    def add(self, levels: Self) -> None:
        """Take in those of the next samples."""
        self.samples += levels.samples
        self.clipped += levels.clipped
        self.peak = max(self.peak, levels.peak)

    @property
    def quality(self) -> Quality:
        """Flag samples that are all zero, or of which some are at full scale."""
        if self.peak == 0:
            return Quality.SILENT
        return Quality.CLIPPED if self.peak >= _FULL_SCALE else Quality.OK

    def fault(self) -> str | None:
        """Name what a listener would complain about, if anything."""
        if self.samples and self.peak == 0:
            return "silent: every sample is zero"
        if self.clipped > _CLIPPING_NOTICE * self.samples:
            return f"clipped: {100 * self.clipped / self.samples:.1f} % of the samples are at full scale"
        return None


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says about itself."""

    rate: int
    """Hertz"""
    channels: int
    frames: int
    """Promised samples per channel, also where the file has fewer"""

    def conversion(self) -> str | None:
        """Describe what is done to reach 16 kHz mono; None when nothing is."""
        if (self.rate, self.channels) == (RATE, 1):
            return None
        source = f"{self.rate / 1000:g} kHz, {self.channels} channel{'s' if self.channels > 1 else ''}"
        return f"{source}, converted to 16 kHz mono"


@dataclass(slots=True)
class Decoder:
    """One reading of a file. After `samples` is exhausted, `damage` says why it ended before its time, if it did."""

    path: Path
    header: Header
    damage: str | None = field(default=None, init=False)

    def samples(self) -> Iterator[Audio]:
        """Yield 16 kHz mono samples; what chunks they come in means nothing."""
        return _resampled(self._mono(), self.header.rate)

    def _mono(self) -> Iterator[Audio]:
        frames = 0
        equally = np.full(self.header.channels, 1 / self.header.channels, np.float32)
        for chunk in _decoded(self.path):
            mono = chunk @ equally if len(equally) > 1 else chunk[:, 0]
            good = _leading_numbers(mono)
            frames += good
            yield mono[:good]
            if good < len(mono):
                self.damage = f"{self.path.name}: not a number at {self._seconds(frames)}; what came before was used"
                return
        if frames < self.header.frames:
            whole = self._seconds(self.header.frames)
            self.damage = (
                f"{self.path.name}: breaks off at {self._seconds(frames)} of {whole}; what came before was used"
            )

    def _seconds(self, frames: int) -> str:
        return f"{frames / self.header.rate:.2f} s"


def read_audio(path: Path) -> tuple[Audio, str | None]:
    """Read a short file whole: its 16 kHz mono samples, and what is wrong with it or None.

    Raises
    ------
    SourceNotFound, UnreadableSource
        As for `AudioFile`.
    """
    decoder = Decoder(path, _read_header(path))
    samples = np.concatenate([np.empty(0, np.float32), *decoder.samples()])
    return samples, decoder.damage


def audio_blocks(chunks: Iterable[Audio], size: int) -> Iterator[Block]:
    """Cut consecutive 16 kHz samples into blocks of `size` from session time 0, the last one shorter."""
    index = 0
    for values in _rechunked(chunks, size):
        yield Block("audio", index, index / RATE, RATE, values, level_quality(values))
        index += len(values)


def _rechunked(chunks: Iterable[Audio], size: int) -> Iterator[Audio]:
    held = np.empty(0, np.float32)
    for chunk in chunks:
        held = np.concatenate([held, chunk])
        whole = len(held) - len(held) % size
        yield from (held[start : start + size] for start in range(0, whole, size))
        held = held[whole:]
    if len(held):
        yield held


def level_quality(values: Audio) -> Quality:
    """Flag samples that are all zero, or of which some are at full scale."""
    return Levels.of(values).quality


def _read_header(path: Path) -> Header:
    if not path.exists():
        raise SourceNotFound(f"{path}: no such file")
    if path.is_dir():
        raise UnreadableSource(f"{path}: is a folder, not an audio file")
    try:
        with soundfile.SoundFile(path) as file:
            header = Header(file.samplerate, file.channels, _promised_frames(file, path))
    except soundfile.LibsndfileError as error:
        raise UnreadableSource(
            f"{path.name}: not audio that libsndfile can read ({error.error_string.strip()})"
        ) from error
    if not header.frames:
        raise UnreadableSource(f"{path.name}: holds no samples")
    return header


def _promised_frames(file: soundfile.SoundFile, path: Path) -> int:
    """Return what the header promises, also where libsndfile silently corrected it, or else count."""
    frames = int(file.frames)
    if frames > _UNKNOWN_LENGTH or (file.format == "MP3" and not _has_xing_tag(path)):
        return sum(len(chunk) for chunk in _decoded(path))
    corrected = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if not corrected:
        return frames
    promised, found = map(int, corrected.groups())
    return frames if promised >= _STREAMED_WAV or not found else max(frames, frames * promised // found)


def _has_xing_tag(path: Path) -> bool:
    """Tell whether an MP3 file says how long it is; from one that does not, libsndfile estimates, at times far off."""
    with path.open("rb") as file:
        beginning = file.read(_XING_WITHIN)
    return b"Xing" in beginning or b"Info" in beginning


def _decoded(path: Path) -> Iterator[Audio]:
    """Yield float32 [frames, channels] until the end or until the decoder gives up."""
    with soundfile.SoundFile(path) as file:
        while True:
            try:
                chunk: Audio = file.read(_READ_FRAMES, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                return
            if not len(chunk):
                return
            yield chunk


def _leading_numbers(values: Audio) -> int:
    bad = np.flatnonzero(~np.isfinite(values))
    return int(bad[0]) if len(bad) else len(values)


def _resampled(chunks: Iterable[Audio], rate: int) -> Iterator[Audio]:
    if rate == RATE:
        yield from chunks
        return
    import soxr  # only where there is something to resample

    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    for chunk in chunks:
        yield stream.resample_chunk(np.ascontiguousarray(chunk))
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)
