"""Scores the voice while somebody speaks: a window twice a second, and one for each finished segment."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.features.mfcc import MfccParameters, MfccStream, mfcc_features
from models.scores import Scores
from realtime.quality import NoiseFloor, QualityOptions, speech_quality
from realtime.reasons import Why
from realtime.segmenter import Activity, Segment, SpeechEvent, SpeechStarted
from realtime.vad import RATE, STEP

Floats = NDArray[np.float32]


class VoiceModel(Protocol):
    """What a model must offer; a bundle's voice model does."""

    @property
    def feature_parameters(self) -> object:
        """`MfccParameters`."""
        ...

    def predict(self, *inputs: Floats) -> Floats:
        """Calibrated probabilities, float32 [labels], of features float32 [n_mfcc, frames]."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """Which windows are scored."""

    hop_s: float = 0.5
    """Seconds of session time between the ends of windows, which lie on whole multiples of it"""
    least_s: float = 1.0
    """Seconds a window must be long; a segment shorter than that is scored with a lower quality"""
    quality: QualityOptions = field(default_factory=QualityOptions)

    def __post_init__(self) -> None:
        if not (self.hop_s >= STEP / RATE and self.least_s > 0):
            raise ValueError(f"voice: hop_s {self.hop_s}, least_s {self.least_s}: expected hop_s >= 0.032, least_s > 0")


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    stop: int
    """Index just after its last sample"""
    length: int
    scores: Scores


class VoiceStage:
    """Speech events in, scores out.

    A window ends on a whole multiple of `hop_s` and reaches back to the start of the speech, but no further than the
    network's input is long. It is scored when the step of 32 ms that holds its last sample has been judged, at most
    31 ms of audio after that sample, and only when something has been said since the window before. Which windows
    there are, and what is in them, depends on the samples alone.

    Parameters
    ----------
    model
        Scores a window; None when the bundle has no voice model: nothing is scored then.
    options
        Which windows are scored.

    Raises
    ------
    ValueError
        When the model wants other features than MFCC, or cannot take a window of `least_s`.
    """

    def __init__(self, model: VoiceModel | None, options: VoiceOptions | None = None) -> None:
        self.options = options or VoiceOptions()
        self._model = model
        self._parameters = _parameters(model, self.options)
        # The longest window, and what comes until the next point of the grid.
        reach = self._parameters.longest + round(self.options.hop_s * RATE)
        self._recent: deque[Activity] = deque(maxlen=reach // STEP + 3)
        self._windows: list[_Window] = []  # of the open segment
        self._finished: dict[int, list[_Window]] = {}  # of the segments in the latest push, by index
        self._noise = NoiseFloor(self.options.quality.noise_s)
        self._speech: _Speech | None = None
        self._heard = 0  # index just after the last step of speech
        self.skipping = False
        """Whether windows are left out; the last of each segment is not"""
        self.due = self.skipped = 0
        """Windows that there were to score, and of them those left out"""

    def push(self, events: Iterable[SpeechEvent]) -> list[Scores]:
        """Take what the segmenter gave for one block or gap, or at the end; return the windows that ended."""
        self._finished.clear()
        return [window.scores for event in events for window in self._take(event)]

    def segment_scores(self, segment: Segment) -> Scores:
        """Mean of the probabilities of the segment's longest windows.

        A segment that fits into one window is scored as a whole, by its last window; of a longer one every full window
        counts the same. Shorter windows are left out: with them, weighted by length, the UAR on 414 clips of RAVDESS
        was 0.560 instead of 0.585.

        Raises
        ------
        ValueError
            When the segment was not in the latest push.
        """
        if self._model is None:
            return Scores("voice", segment.start, segment.end, None, 0.0, Why.NO_MODEL)
        if segment.index not in self._finished:
            raise ValueError(f"voice: segment at {segment.start:.2f} s was not in the latest push")
        return self._mean(segment, self._finished[segment.index])

    def last_window(self, segment: Segment) -> Scores:
        """The segment's last window, which ends with it; known only at its `closed_at`."""
        if self._model is None or segment.index not in self._finished:
            return self.segment_scores(segment)
        return self._finished[segment.index][-1].scores

    def _take(self, event: SpeechEvent) -> Iterator[_Window]:
        match event:
            case Activity():
                yield from self._hear(event)
            case SpeechStarted():
                # A cut may lie further back than any window reaches.
                newest = self._recent[-1].stop if self._recent else event.index
                self._speech = _Speech(max(event.index, newest - self._parameters.longest), self._parameters)
            case Segment():
                self._finish(event)

    def _hear(self, step: Activity) -> Iterator[_Window]:
        if self._recent and self._recent[-1].stop != step.index:
            self._recent.clear()  # samples were lost
        self._recent.append(step)
        self._noise.push(step.audio)
        if step.speech and self._speech:
            self._heard = step.stop
        if self._speech and self._model:
            for end in self._ends(step):
                stop = step.index + round((end - step.start) * RATE)
                yield from self._score(self._model, self._speech, end, stop)

    def _ends(self, step: Activity) -> Iterator[float]:
        """Points of the grid after the step's start, up to its end."""
        hop = self.options.hop_s
        for number in range(math.floor(step.start / hop) + 1, math.floor(step.end / hop) + 1):
            yield number * hop

    def _score(self, model: VoiceModel, speech: "_Speech", end: float, stop: int) -> Iterator[_Window]:
        """Score the window that ends before sample `stop`, if it is long enough and says anything new."""
        if stop <= speech.fed:
            return  # the device's clock went back
        news = self._heard > speech.fed
        speech.feed(self._audio(speech.fed, stop))
        if not news or stop - speech.first < round(self.options.least_s * RATE):
            return
        self.due += 1
        if self.skipping:
            self.skipped += 1
            return
        start, features = speech.window(stop)
        audio = self._audio(start, stop)
        scores = self._scores(model.predict(features), end, audio, self._speech_ratio(start, stop))
        window = _Window(stop, len(audio), scores)
        self._windows.append(window)
        yield window

    def _finish(self, segment: Segment) -> None:
        """Put the open segment's windows aside, with a last one that ends where the segment ends."""
        if self._model:
            audio = segment.audio[-self._parameters.longest :]
            probabilities = self._model.predict(mfcc_features(audio, self._parameters))
            scores = self._scores(probabilities, segment.end, audio, segment.speech_ratio)
            within = [window for window in self._windows if window.stop < segment.stop]
            self._finished[segment.index] = [*within, _Window(segment.stop, len(audio), scores)]
        self._windows, self._speech = [], None

    def _scores(self, probabilities: Floats, end: float, audio: Floats, speech_ratio: float) -> Scores:
        """Scores of a window, or why it must not vote; one that is too short is trusted less."""
        trust = speech_quality(audio, speech_ratio, self._noise.power, self.options.quality)
        start, whole = end - len(audio) / RATE, min(1.0, len(audio) / (self.options.least_s * RATE))
        if trust.reason is not None:
            return Scores("voice", start, end, None, 0.0, trust.reason)
        return Scores("voice", start, end, probabilities, trust.value * whole)

    def _audio(self, start: int, stop: int) -> Floats:
        """Samples `start` up to `stop`, which are among the recent ones."""
        steps = [step for step in self._recent if step.stop > start and step.index < stop]
        return np.concatenate([step.audio for step in steps])[start - steps[0].index : stop - steps[0].index]

    def _speech_ratio(self, start: int, stop: int) -> float:
        speech = [step.speech for step in self._recent if step.stop > start and step.index < stop]
        return sum(speech) / len(speech)

    def _mean(self, segment: Segment, windows: Sequence[_Window]) -> Scores:
        shortest = windows[-1].length - self._parameters.hop_length  # windows start on the grid of the hops
        longest = [window.scores for window in windows if window.length > shortest]
        longest = [one for one in longest if one.probabilities is not None]
        if not longest:
            return Scores("voice", segment.start, segment.end, None, 0.0, windows[-1].scores.reason)
        probabilities = np.array([one.probabilities for one in longest], np.float64).mean(axis=0)
        quality = float(np.mean([one.quality for one in longest]))
        return Scores("voice", segment.start, segment.end, probabilities.astype(np.float32), quality)


class _Speech:
    """The features of one open segment, from its first sample on."""

    def __init__(self, first: int, parameters: MfccParameters) -> None:
        self.first = self.fed = first
        self._parameters = parameters
        self._mfcc = MfccStream(parameters, keep_s=(parameters.longest + parameters.hop_length) / RATE)

    def feed(self, audio: Floats) -> None:
        """Take the samples after those taken before."""
        self._mfcc.push(audio)
        self.fed += len(audio)

    def window(self, stop: int) -> tuple[int, Floats]:
        """Index of the first sample of the longest window up to `stop`, and its features."""
        hop = self._parameters.hop_length
        length = stop - self.first
        skipped = -(-max(length - self._parameters.longest, 0) // hop) * hop
        return self.first + skipped, self._mfcc.features(skipped, length)


def _parameters(model: VoiceModel | None, options: VoiceOptions) -> MfccParameters:
    """Check that a model fits: its features and the shortest window."""
    parameters = MfccParameters() if model is None else model.feature_parameters
    if not isinstance(parameters, MfccParameters) or parameters.sample_rate != RATE:
        raise ValueError(f"voice: the model wants {parameters!r:.80}, expected MFCC at {RATE} Hz")
    if options.least_s * RATE > parameters.longest:
        raise ValueError(
            f"voice: least_s {options.least_s} is longer than the model's window of {parameters.longest / RATE:.2f} s"
        )
    return parameters
