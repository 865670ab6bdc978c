"""Gets to know a person: how the models take their neutral speech, and what is normal for their body. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from devices.block import Away, Block, Event, Gap, known_until
from models.bundle import Bundle
from models.features.bio import BioWindow
from models.personal import answers_of, level_of, measures_of
from models.profile import Answers, Body, Level, Voice, VoiceModel
from realtime.body import BODY_STREAMS, body_windows, completed
from realtime.meter import loudness
from realtime.quality import level_dbfs
from realtime.segmenter import Segment, Segmenter, SpeechEvent
from realtime.voice import VoiceStage

Floats = NDArray[np.float32]
Encode = Callable[[Floats], Floats]
"""Audio of a segment to what Whisper's encoder makes of it"""

SECONDS = 45.0
"""That a calibration takes"""
SPOKEN_SHARE = 0.4
"""Of the calibration's time, good speech that is needed"""
LEAST_UTTERANCES, LEAST_UTTERANCE_S = 3, 1.0
LEAST_WINDOWS = 20
"""Of the body, one a second"""
PATIENCE = 3.0
"""A calibration is given up after so many times its length"""

Task = Literal["read", "rest", "done"]
TASKS: dict[Task, str] = {
    "read": "Read something neutral aloud, calmly, as you would read a timetable, until you are told to rest.",
    "rest": "Thank you. Now sit still and rest until this is over.",
    "done": "Done.",
}
"""What to tell the person"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a calibration has come, for the screen."""

    task: Task
    """What the person should do now"""
    loudness: float
    """0..1, of the newest audio"""
    spoken_s: float
    """Good speech so far, seconds"""
    spoken_of: float
    """Seconds that are needed; 0 without a microphone"""
    windows: int
    """Of the body so far"""
    windows_of: int
    """That are needed; 0 without sensors"""
    problem: str | None
    """What was wrong with the newest speech or window; None when nothing was"""


class Calibration:
    """Blocks and gaps in, what a profile is made of out.

    Parameters
    ----------
    bundle
        Whose models hear and feel; those that are not there learn nothing.
    streams
        Those that the source announces.
    seconds
        That it takes when all goes well.
    encode
        None where Whisper is not at hand: then the model of whole segments learns nothing.
    began
        Session time at which it begins, seconds.
    """

    def __init__(
        self, bundle: Bundle, streams: set[str], seconds: float, encode: Encode | None = None, began: float = 0.0
    ) -> None:
        self._bundle, self._seconds, self._encode = bundle, seconds, encode
        self._segmenter, self._voice = Segmenter(), VoiceStage(bundle.models.get("voice"))
        self._windows = body_windows(bundle.models.get("bio"), streams & BODY_STREAMS)
        self._spoken_of = SPOKEN_SHARE * seconds if "audio" in streams and "voice" in bundle.models else 0.0
        self._heard: dict[VoiceModel, list[Floats]] = {"windows": [], "segments": []}
        self._levels: list[float] = []
        self._felt: list[BioWindow] = []
        self._spoken_s = self._loudness = 0.0
        self._began = self._now = began
        self._problem: str | None = None

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        of = LEAST_WINDOWS if self._windows else 0
        return Progress(self._task, self._loudness, self._spoken_s, self._spoken_of, len(self._felt), of, self._problem)

    @property
    def given_up(self) -> bool:
        """Whether it takes too long."""
        return self._now - self._began >= PATIENCE * self._seconds

    @property
    def missing(self) -> str | None:
        """What there is not enough of, in one line; None when there is."""
        why = f" ({self._problem})" if self._problem else ""
        if not (self._spoken_of or self._windows):
            return "there is nothing to calibrate: no microphone and no sensor that the bundle has a model for"
        if self._spoken_s < self._spoken_of:
            return f"heard {self._spoken_s:.0f} s of good speech, {self._spoken_of:.0f} s are needed{why}"
        if self._spoken_of and len(self._levels) < LEAST_UTTERANCES:
            return f"heard {len(self._levels)} utterances, {LEAST_UTTERANCES} are needed: pause between the sentences"
        if self._windows and len(self._felt) < LEAST_WINDOWS:
            return f"felt {len(self._felt)} good windows of the body, {LEAST_WINDOWS} are needed{why}"
        return None

    @property
    def voice(self) -> Voice | None:
        """What is known of the voice; None before the first good utterance."""
        if not self._levels:
            return None
        answers: dict[VoiceModel, Answers] = {
            model: answers_of(np.array(heard)) for model, heard in self._heard.items() if heard
        }
        return Voice(round(self._spoken_s, 1), level_of(np.array(self._levels)), answers)

    @property
    def body(self) -> Body | None:
        """What is known of the body; None before the first good window."""
        if not self._felt:
            return None
        facts = [window.facts for window in self._felt]
        series = {
            "eda": [one.eda for one in facts],
            "heart_rate": [one.heart_rate for one in facts],
            "temperature": [one.temperature for one in facts],
        }
        known = {name: [value for value in values if value is not None] for name, values in series.items()}
        levels: dict[str, Level] = {name: level_of(np.array(values)) for name, values in known.items() if values}
        return Body(measures_of(self._felt[-1].baseline), levels)

    def push(self, item: Event) -> None:
        """Take the next samples of a stream, or a hole in it."""
        if not isinstance(item, Block | Gap | Away):
            return
        self._now = max(self._now, known_until(item))
        if item.stream == "audio" and self._spoken_of:
            if isinstance(item, Block):
                self._loudness = loudness(item.values)
            self._hear(self._segmenter.push(item))
        elif item.stream in BODY_STREAMS and self._windows:
            self._feel(completed(self._windows, item))

    def flush(self) -> None:
        """The source is over: what was being said counts."""
        if self._spoken_of:
            self._hear(self._segmenter.flush())
        if self._windows:
            self._feel(self._windows.flush())

    @property
    def _task(self) -> Task:
        if self._spoken_s < self._spoken_of or (self._spoken_of and len(self._levels) < LEAST_UTTERANCES):
            return "read"
        resting = self._windows is not None and (self._now - self._began < self._seconds or self.missing is not None)
        return "rest" if resting else "done"

    def _hear(self, events: list[SpeechEvent]) -> None:
        self._voice.push(events)
        for event in events:
            if isinstance(event, Segment) and event.end - event.start >= LEAST_UTTERANCE_S:
                self._learn(event)

    def _learn(self, segment: Segment) -> None:
        scores = self._voice.segment_scores(segment)
        self._problem = scores.reason
        if scores.probabilities is None:
            return
        self._heard["windows"].append(scores.probabilities)
        self._spoken_s += segment.speech_ratio * (segment.end - segment.start)
        self._levels.append(level_dbfs(segment.audio))
        model = self._bundle.segment_models.get("voice")
        if model and self._encode:
            self._heard["segments"].append(model.predict(model.features(self._encode(segment.audio))))

    def _feel(self, windows: list[BioWindow]) -> None:
        self._felt += [window for window in windows if window.reason is None]
        if windows and self._task == "rest":
            self._problem = windows[-1].reason
