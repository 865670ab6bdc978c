"""The voice of a whole segment, from what Whisper has computed for its words anyway."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.model import Model
from models.scores import Scores
from models.whisper_encoder import WhisperEncoder, mismatch
from realtime.segmenter import Segment


class SegmentVoice:
    """Scores what Whisper's encoder gives, as long as it is the encoder that the model was trained with."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.notice: str | None = None
        """Why nothing is scored, for the user; None while segments are"""

    def check(self, encoder: WhisperEncoder) -> None:
        """Compare with the encoder of the training, before the first segment."""
        if different := mismatch(encoder, self._model.feature_parameters):
            self.notice = f"the voice is scored without Whisper: {different}"

    def score(self, segment: Segment, encoded: NDArray[np.float32] | None) -> Scores | None:
        """Score a segment; None when nothing was encoded, or by another encoder."""
        if self.notice is not None or encoded is None or not len(encoded):
            return None
        probabilities = self._model.predict(self._model.features(encoded))
        return Scores("voice", segment.start, segment.end, probabilities)


def both_voices(windows: Scores, whole: Scores | None) -> Scores:
    """Mean of what the windows and the whole segment say about a voice, with the windows' quality."""
    if whole is None or whole.probabilities is None or windows.probabilities is None:
        return windows
    mean = (windows.probabilities.astype(np.float64) + whole.probabilities) / 2
    return replace(windows, probabilities=mean.astype(np.float32))
