"""What an utterance's MFCC do over time, as a fixed layer of the voice network.

Every coefficient comes scaled to mean 0 and standard deviation 1 over the window, so that levels say nothing and all is
in how the coefficients move: their higher moments, how fast they change (correlation with themselves some frames
later), how they move together (correlation matrix, also with a lag), and their contour over the window (products with
slow cosines). These few thousand numbers do not depend on the length of the window, and silence behind it adds nothing,
for padding is 0. Computed once for each example, they make training a matter of seconds.
"""

from typing import Any

import numpy as np

from models.features.mfcc import MfccParameters
from training.recipes import VoiceRecipe


def statistics(given: Any, recipe: VoiceRecipe, parameters: MfccParameters) -> Any:  # noqa: ANN401 - Keras tensors
    """Statistics [batch, n] of features [batch, n_mfcc, frames]."""
    from keras import ops

    some = ops.cast(ops.max(ops.abs(given), axis=1, keepdims=True) > 0, "float32")
    count = ops.maximum(ops.sum(some, axis=2), 1.0)
    low, crossed = given[:, : recipe.correlated], given[:, : recipe.crossed]
    parts = [_moments(given, ops), *(_own(given, lag, ops) for lag in recipe.own_lags), _together(low, ops)]
    parts += [_flat(_product(crossed[:, :, lag:], crossed[:, :, :-lag], ops), ops) for lag in recipe.cross_lags]
    parts.append(_contour(low, count, recipe.contours, parameters.frames, ops))
    return ops.concatenate(parts, axis=1) / count


def _moments(x: Any, ops: Any) -> Any:  # noqa: ANN401
    """Sums of third and fourth powers and of magnitudes: skew, tails, and what lies between."""
    return ops.concatenate([ops.sum(x * x * x, axis=2), ops.sum(ops.abs(x), axis=2), ops.sum(x * x * x * x, 2)], axis=1)


def _own(x: Any, lag: int, ops: Any) -> Any:  # noqa: ANN401
    return ops.sum(x[:, :, lag:] * x[:, :, :-lag], axis=2)


def _product(a: Any, b: Any, ops: Any) -> Any:  # noqa: ANN401
    return ops.matmul(a, ops.transpose(b, (0, 2, 1)))


def _together(x: Any, ops: Any) -> Any:  # noqa: ANN401
    """Upper triangle of the coefficients' products with each other."""
    n = x.shape[1]
    rows, columns = np.triu_indices(n, 1)
    return ops.take(_flat(_product(x, x, ops), ops), (rows * n + columns).astype(np.int32), axis=1)


def _contour(x: Any, count: Any, cosines: int, frames: int, ops: Any) -> Any:  # noqa: ANN401
    """Products with half, one, one and a half ... periods of a cosine over the window."""
    at = ops.convert_to_tensor(np.arange(frames, dtype=np.float32) + 0.5)[None, :] / count
    waves = ops.stack([ops.cos(np.pi * k * at) for k in range(1, cosines + 1)], axis=1)
    return _flat(_product(x, waves, ops), ops)


def _flat(x: Any, ops: Any) -> Any:  # noqa: ANN401
    return ops.reshape(x, (-1, x.shape[1] * x.shape[2]))


def statistics_model(recipe: VoiceRecipe, parameters: MfccParameters, batch: int | None = None) -> Any:  # noqa: ANN401
    """Keras model from features to statistics."""
    import keras

    given = keras.Input(batch_shape=(batch, parameters.n_mfcc, parameters.frames), name="mfcc")
    return keras.Model(given, statistics(given, recipe, parameters))
