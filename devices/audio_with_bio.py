"""An audio file and a recording of the body on one time line."""

from collections.abc import Iterator, Mapping, Sequence

from devices.audio_file import AudioFile
from devices.beats import BeatTrack
from devices.bio_recording import Beats, BioRecording, Signal
from devices.source import Utterance
from devices.stretch import BLOCK_S, Track, unbroken
from devices.timeline import Recorded, in_delivery_order

_STREAMS = ("eda", "ecg", "temp")


class AudioWithBio:
    """Speech from one device and the body from another; the session lasts as long as the audio.

    Parameters
    ----------
    audio, bio
        Both recordings.
    bio_start
        Session time in seconds at which the body's recording began; negative when it began before the audio.
    bio_block_s
        Length of a block of the body's streams, seconds.
    """

    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(
        self, audio: AudioFile, bio: BioRecording, bio_start: float = 0.0, bio_block_s: float = BLOCK_S
    ) -> None:
        self._audio, self._bio, self._bio_block_s = audio, bio, bio_block_s
        shift = bio_start - bio.start
        self._tracks: list[Track | BeatTrack] = [
            _track(name, bio.signals[name], shift, bio) for name in _STREAMS if name in bio.signals
        ]
        if bio.ibi:
            self._tracks.append(_beats(bio.ibi, shift, bio))
        self.name = f"{audio.name} + {bio.name}"
        self.duration: float | None = audio.duration
        self._end = audio.duration or 0.0
        body = {track.stream: track.rate for track in self._tracks}
        self.rates: Mapping[str, float] = {**audio.rates, **body}

    def notices(self) -> Sequence[str]:
        """Say what both recordings have to say."""
        return (*self._bio.notices, *self._audio.notices())

    def events(self) -> Iterator[Recorded]:
        """Deliver both as if they had been heard and felt together."""
        body = [track.events(self._end, self._bio_block_s) for track in self._tracks]
        return in_delivery_order(self._audio.events(), *body)


def _track(name: str, signal: Signal, shift: float, bio: BioRecording) -> Track:
    not_begun = f"the {bio.maker} recording had not begun"
    stretches = unbroken(signal.values, signal.start + shift, signal.rate, not_begun, bio.hole)
    return Track(name, signal.rate, stretches, _ended(bio))


def _beats(ibi: Beats, shift: float, bio: BioRecording) -> BeatTrack:
    return BeatTrack(ibi.times + ibi.start + shift, ibi.intervals, bio.end + shift, _ended(bio))


def _ended(bio: BioRecording) -> str:
    return f"the {bio.maker} recording has ended"
