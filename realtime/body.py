"""The body in the vote: blocks and gaps of biosignals in, scores of their windows out."""

import math
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING

from devices.block import Away, Block, Gap
from models.bundle import Model
from models.features.baseline import Baseline
from models.features.bio import BioWindow, Facts
from models.features.notebook_means import MissingMeasure
from models.features.registry import feature_of
from models.scores import Scores
from realtime.body_quality import BodyOptions, body_trust

if TYPE_CHECKING:
    from models.windows import BioWindows

BODY_STREAMS = frozenset({"eda", "ecg", "temp", "ibi"})


class BioStage:
    """Windows of body signals, scored.

    Parameters
    ----------
    model
        None when the bundle has none: then nothing is scored.
    streams
        Those that the source announces.
    options
        When their signals are none.
    known
        What is known of the person from before; None for nothing.
    """

    def __init__(
        self,
        model: Model | None,
        streams: Iterable[str],
        options: BodyOptions | None = None,
        known: Baseline | None = None,
    ) -> None:
        self.options = options or BodyOptions()
        self.streams = frozenset(streams) if model else frozenset()
        self.facts = Facts(None, None, None)
        """Of the newest window"""
        self.skipping = False
        """Whether windows are left out"""
        self.due = self.skipped = 0
        """Windows that there were to score, and of them those left out"""
        self._model = model
        self._windows = body_windows(model, self.streams, known)

    @property
    def progress(self) -> float:
        """Session time up to which every window is out, seconds."""
        return self._windows.progress if self._windows else math.inf

    @property
    def baseline(self) -> Baseline | None:
        """What is known of the person by now; None when nothing is measured."""
        return self._windows.baseline if self._windows else None

    def push(self, item: Block | Gap | Away) -> list[Scores]:
        """Take the next samples of a stream, or a hole in it."""
        return self._scored(completed(self._windows, item)) if self._windows else []

    def flush(self) -> list[Scores]:
        """Score what is left; the streams are over."""
        return self._scored(self._windows.flush()) if self._windows else []

    def _scored(self, windows: list[BioWindow]) -> list[Scores]:
        self.due += len(windows)
        if self.skipping:
            self.skipped += len(windows)
            return []
        return [self._score(window) for window in windows]

    def _score(self, window: BioWindow) -> Scores:
        self.facts = window.facts
        trust = body_trust(window, self.options)
        if trust.reason is not None or self._model is None:
            return Scores("bio", window.start, window.end, None, 0.0, trust.reason)
        parameters = self._model.feature_parameters
        try:
            features = feature_of(parameters).compute(window, parameters)
        except MissingMeasure as missing:
            return Scores("bio", window.start, window.end, None, 0.0, str(missing))
        probabilities = self._model.predict(features)
        return Scores("bio", window.start, window.end, probabilities, trust.value)


def body_windows(model: Model | None, streams: Set[str], known: Baseline | None = None) -> "BioWindows | None":
    """What cuts streams of the body into the model's windows; None where there is no model or no stream."""
    if model is None or not streams:
        return None
    from models.windows import BioWindows  # brings in SciPy, which a session without sensors does not need

    return BioWindows(model.feature_parameters, streams, known)


def completed(windows: "BioWindows", item: Block | Gap | Away) -> list[BioWindow]:
    """Return the windows that the next samples of a stream complete, or a hole in it."""
    match item:
        case Block():
            return windows.push(item)
        case Gap():
            back = math.inf if item.duration is None else item.time + item.duration
            return windows.advance(item.stream, back)
        case Away():
            return windows.advance(item.stream, item.until)
