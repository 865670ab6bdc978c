"""Models for tests that notice every difference, and bundles of them."""

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np

from models.features.bio import BioParameters
from models.features.mfcc import MfccParameters
from models.features.registry import feature_of
from models.features.text import TextParameters
from models.scores import LABELS, Modality

_PARAMETERS = {"voice": MfccParameters(), "text": TextParameters(vocabulary=("네",)), "bio": BioParameters()}


class Summing:
    """A model whose probabilities depend on every value of its input, so that no difference stays hidden."""

    weight = 1.0

    def __init__(self, parameters: object) -> None:
        self.feature_parameters = parameters

    def features(self, window: object) -> np.ndarray:
        return feature_of(self.feature_parameters).compute(window, self.feature_parameters)

    def predict(self, features: np.ndarray) -> np.ndarray:
        flat = np.asarray(features, np.float64).ravel()
        sums = np.abs([np.dot(flat, np.cos((i + 1) * np.arange(len(flat)))) for i in range(7)]) + 0.01
        return (sums / sums.sum()).astype(np.float32)


def summing_models(*modalities: Modality, of: type[Summing] = Summing) -> dict[Modality, Summing]:
    """A model for each of these modalities, with the usual features."""
    return {modality: of(_PARAMETERS[modality]) for modality in modalities}


def summing_bundle(models: Mapping[Modality, Summing]) -> SimpleNamespace:
    """What a session asks of a bundle, with these models and nobody's profile."""
    return SimpleNamespace(
        name="summing", identity="0", labels=LABELS, models=models, segment_models={}, known=None, person=None
    )
