"""A model for tests that notices every difference."""

import numpy as np

from models.features.registry import feature_of


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
