"""An audio file and a recording of the body on one time line."""

from collections.abc import Iterator, Mapping, Sequence

from devices.audio_file import AudioFile
from devices.bio_source import Body
from devices.source import Utterance
from devices.timeline import Recorded, in_delivery_order


class AudioWithBio:
    """Speech from one device and the body from another; the session lasts as long as the audio.

    Parameters
    ----------
    audio, body
        Both recordings.
    """

    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(self, audio: AudioFile, body: Body) -> None:
        self._audio, self._body = audio, body
        self.name = f"{audio.name} + {body.name}"
        self.duration: float | None = audio.duration
        self.rates: Mapping[str, float] = {**audio.rates, **body.rates}

    def notices(self) -> Sequence[str]:
        """Say what both recordings have to say."""
        return (*self._body.notices(), *self._audio.notices())

    def events(self) -> Iterator[Recorded]:
        """Deliver both as if they had been heard and felt together."""
        return in_delivery_order(self._audio.events(), self._body.events(self.duration or 0.0))
