"""The body's stage with a model that has no mask: what is missing becomes a reason, never a made-up score."""

import numpy as np

from devices.block import Block
from models.features.notebook_means import NotebookMeansParameters
from realtime.body import BioStage


class Echo:
    """Probabilities that show the features."""

    weight = 1.0
    feature_parameters = NotebookMeansParameters(maximum=(10.0, 100.0, 40.0))

    def predict(self, features: np.ndarray) -> np.ndarray:
        return np.append(features, np.zeros(4, np.float32))


def scores_of(*streams: str) -> list:
    stage = BioStage(Echo(), ("eda", "temp"))
    blocks = [Block(stream, 0, 0.0, 4.0, np.full(80, 20.0, np.float32)) for stream in streams]
    return [one for block in blocks for one in stage.push(block)] + stage.flush()


def test_the_models_own_feature_is_computed() -> None:
    """The stage asks the registry, so that any bundle's bio feature works."""
    last = scores_of("eda", "temp")[-1]
    assert (last.start, last.end, last.reason) == (10.0, 20.0, None)
    np.testing.assert_allclose(last.probabilities[:3], [2.0, 0.15, 0.5], atol=1e-6)


def test_a_missing_measure_is_the_reason() -> None:
    """Without temperature the notebooks' model cannot be asked."""
    last = scores_of("eda")[-1]
    assert (last.probabilities, last.quality, last.reason) == (None, 0.0, "no TEMP in the window")
