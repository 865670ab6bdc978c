"""A recording of a body as a source: alone, or beside the audio that was recorded at the same time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from devices.beats import BeatTrack
from devices.bio_recording import Beats, BioRecording, Signal
from devices.source import Utterance
from devices.stretch import BLOCK_S, Track, unbroken
from devices.timeline import Recorded, in_delivery_order

_STREAMS = ("eda", "ecg", "temp")


class Body(Protocol):
    """A source of body signals that can be followed for as long as a session lasts."""

    name: str
    duration: float | None

    @property
    def rates(self) -> Mapping[str, float]: ...  # noqa: D102 - as in Source
    def notices(self) -> Sequence[str]: ...  # noqa: D102 - as in Source
    def events(self, end: float | None = None) -> Iterator[Recorded]:
        """Deliver what lies in [0, `end`) seconds, each stream up to `end`, if by a gap; None: the body's own end."""
        ...


class BioSource:
    """What one recording of a body holds, on session time.

    Parameters
    ----------
    recording
        Read whole.
    start
        Session time in seconds at which it began; negative when it began before the session.
    block_s
        Length of a block, seconds.
    """

    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(self, recording: BioRecording, start: float = 0.0, block_s: float = BLOCK_S) -> None:
        self._recording, self._block_s = recording, block_s
        self._tracks: list[Track | BeatTrack] = [
            _track(name, recording.signals[name], start, recording) for name in _STREAMS if name in recording.signals
        ]
        if recording.ibi:
            self._tracks.append(_beats(recording.ibi, start, recording))
        self.name = recording.name
        self.duration: float | None = max(0.0, start + recording.duration)
        self.rates: Mapping[str, float] = {track.stream: track.rate for track in self._tracks}

    def notices(self) -> Sequence[str]:
        """Say what the recording has to say."""
        return self._recording.notices

    def events(self, end: float | None = None) -> Iterator[Recorded]:
        """Deliver what was felt in [0, `end`) seconds."""
        until = (self.duration or 0.0) if end is None else end
        return in_delivery_order(*(track.events(until, self._block_s) for track in self._tracks))


def _track(name: str, signal: Signal, start: float, recording: BioRecording) -> Track:
    not_begun = f"the {recording.maker} recording had not begun"
    began = signal.start - recording.start + start
    stretches = unbroken(signal.values, began, signal.rate, not_begun, recording.hole)
    return Track(name, signal.rate, stretches, _ended(recording))


def _beats(ibi: Beats, start: float, recording: BioRecording) -> BeatTrack:
    times = ibi.times + (ibi.start - recording.start + start)
    return BeatTrack(times, ibi.intervals, start + recording.duration, _ended(recording))


def _ended(recording: BioRecording) -> str:
    return f"the {recording.maker} recording has ended"
