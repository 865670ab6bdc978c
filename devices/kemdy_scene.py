"""One scene of a KEMDy session as a source: both people's speech, one person's body, and what the raters said."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from devices.audio_file import BLOCK_SAMPLES, RATE, audio_blocks
from devices.kemdy_body import Body
from devices.kemdy_speech import Spoken, find_clips, read_utterances, sound
from devices.mixing import placed
from devices.source import Utterance
from devices.stretch import BLOCK_S
from devices.timeline import Recorded, in_delivery_order


class KemdyScene:
    """A scene from its first annotated second to the end of its last utterance.

    Every utterance stands at its annotated start with digital silence between, because where the corpus cut the pauses
    out of a WAV is unknown. A WAV that is longer than its window runs into the next utterance: both are heard, mixed.
    The body's streams are placed by the rows that carry the scene's segment IDs, and cover the pauses as well.

    Parameters
    ----------
    name
        Stable, without machine paths.
    speech
        Folder of one WAV and one TXT per utterance.
    segments
        Of this scene only, at least one, in order of start.
    body
        Reads somebody's biosignals, from the starts of the segments by ID and the length of the scene, in seconds.
    notices
        What the caller knows already.
    block_samples, bio_block_s
        Lengths of audio blocks, and of the others in seconds.
    """

    def __init__(
        self,
        name: str,
        speech: Path,
        segments: Sequence[Spoken],
        body: Callable[[Mapping[str, float], float], Body],
        *,
        notices: Sequence[str] = (),
        synthetic: bool = False,
        block_samples: int = BLOCK_SAMPLES,
        bio_block_s: float = BLOCK_S,
    ) -> None:
        self.name = name
        self.synthetic = synthetic
        self._block_samples, self._bio_block_s = block_samples, bio_block_s
        self._clips, unheard = find_clips(segments, speech)
        self._length = max([segment.end for segment in segments] + [clip.end for clip in self._clips])
        utterances, unwritten = read_utterances(segments, speech)
        starts = {segment.id: segment.start for segment in segments}
        worn = body(starts, self._length)

        self.duration: float | None = self._length
        self.utterances: Sequence[Utterance] = utterances
        self.person: str | None = worn.person
        self._tracks = worn.tracks
        self.rates: Mapping[str, float] = {"audio": RATE} | {track.stream: track.rate for track in worn.tracks}
        self._known = (*notices, *unheard, *unwritten, *worn.notices)
        self._heard: tuple[str, ...] = ()

    def notices(self) -> Sequence[str]:
        """Say what was repaired or is missing; what is wrong inside a WAV is known once the scene has been played."""
        return (*self._known, *self._heard)

    def events(self) -> Iterator[Recorded]:
        """Deliver speech and body on one time line."""
        faults: list[str] = []
        speech = placed(sound(self._clips, faults), round(self._length * RATE))
        audio = audio_blocks(speech, self._block_samples)
        body = (track.events(self._length, self._bio_block_s) for track in self._tracks)
        yield from in_delivery_order(audio, *body)
        self._heard = tuple(faults)
