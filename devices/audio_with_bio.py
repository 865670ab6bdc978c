"""An audio file and an Empatica E4 export on one time line."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from devices.audio_file import AudioFile
from devices.block import Block, Gap
from devices.empatica import E4Recording, Signal
from devices.source import Utterance
from devices.stretch import BLOCK_S, Track, unbroken
from devices.timeline import Event, in_delivery_order

_STREAMS = ("eda", "temp")
_UNREADABLE = "unreadable rows in the file"
_NOT_BEGUN = "the E4 recording had not begun"
_ENDED = "the E4 recording has ended"


class AudioWithBio:
    """Speech from one device and the body from another; the session lasts as long as the audio.

    Parameters
    ----------
    audio, bio
        Both recordings.
    bio_start
        Session time in seconds at which the E4 recording began; negative when it began before the audio.
    bio_block_s
        Length of a block of the body's streams, seconds.
    """

    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(
        self, audio: AudioFile, bio: E4Recording, bio_start: float = 0.0, bio_block_s: float = BLOCK_S
    ) -> None:
        self._audio, self._bio, self._bio_block_s = audio, bio, bio_block_s
        self._shift = bio_start - bio.start
        self._tracks = [_track(name, bio.signals[name], self._shift) for name in _STREAMS if name in bio.signals]
        self.name = f"{audio.name} + {bio.name}"
        self.duration: float | None = audio.duration
        self._end = audio.duration or 0.0
        regular = {track.stream: track.rate for track in self._tracks}
        self.rates: Mapping[str, float] = {**audio.rates, **regular} | ({"ibi": 0.0} if bio.ibi else {})

    def notices(self) -> Sequence[str]:
        """Say what both recordings have to say."""
        return (*self._bio.notices, *self._audio.notices())

    def events(self) -> Iterator[Event]:
        """Deliver both as if they had been heard and felt together."""
        body = [track.events(self._end, self._bio_block_s) for track in self._tracks]
        beats = _beats(self._bio, self._shift, self._end)
        return in_delivery_order(self._audio.events(), *body, beats)


def _track(name: str, signal: Signal, shift: float) -> Track:
    stretches = unbroken(signal.values, signal.start + shift, signal.rate, _NOT_BEGUN, _UNREADABLE)
    return Track(name, signal.rate, stretches, _ENDED)


def _beats(bio: E4Recording, shift: float, end: float) -> Iterator[Event]:
    """Deliver each beat as a block of one interval; where beats are missing their times say so."""
    if bio.ibi is None:
        return
    times = bio.ibi.times + bio.ibi.start + shift
    inside = np.flatnonzero((times >= 0) & (times < end))
    for index, beat in enumerate(inside):
        yield Block("ibi", index, float(times[beat]), 0.0, bio.ibi.intervals[beat : beat + 1])
    ended = max(bio.end + shift, 0.0)
    if ended < end:
        yield Gap("ibi", ended, None, end - ended, _ENDED)
