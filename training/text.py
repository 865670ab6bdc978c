"""Network over transcripts' morphemes, for corpora of utterances: embeddings, a convolution, attention, maximum."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.text import FIRST, UNKNOWN, TextParameters
from models.scores import LABELS
from training.curves import Curve, cross_entropy
from training.export import half_graph
from training.recipes import TextRecipe

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Progress = Callable[[int, int], object]
SHORT = 3, 9
"""Morphemes of an example that is cut short: fewest, most"""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Sentences to train on, or to watch the training with."""

    sentences: Sequence[Sequence[str]]
    """Morphemes"""
    targets: Floats
    """[sentences, labels]"""
    chances: NDArray[np.float64]
    """[sentences] to be drawn, summing to 1"""


def fitted_parameters(sentences: Iterable[Sequence[str]], recipe: TextRecipe) -> TextParameters:
    """Vocabulary of training sentences: the most frequent first, equally frequent ones in code point order."""
    counts = Counter(morpheme for sentence in sentences for morpheme in sentence)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: recipe.vocabulary]
    frequent = tuple(morpheme for morpheme, count in ranked if count >= recipe.min_count)
    return TextParameters(vocabulary=frequent, length=recipe.length)


def ids_of(morphemes: Sequence[str], parameters: TextParameters) -> Ids:
    """Ids without padding, of long sentences the end."""
    return np.array([parameters.ids.get(m, UNKNOWN) for m in morphemes][-parameters.length :], np.int32)


def padded(sentences: list[Ids], length: int) -> Ids:
    """Put zeros in front, int32 [sentences, length]."""
    table = np.zeros((len(sentences), length), np.int32)
    for row, ids in zip(table, sentences, strict=True):
        row[length - len(ids) :] = ids
    return table


def trained(
    examples: Examples,
    recipe: TextRecipe,
    seed: int,
    progress: Progress,
    validation: Examples | None = None,
) -> tuple[TextParameters, bytes, Curve]:
    """Fit the vocabulary and the network and export it; also its learning curve."""
    import keras

    parameters = fitted_parameters(examples.sentences, recipe)
    sentences = [ids_of(sentence, parameters) for sentence in examples.sentences]
    network = _network(parameters, recipe)
    steps = max(recipe.epochs * len(sentences) // recipe.batch, 1)
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, steps)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay), loss)
    random = np.random.default_rng(seed)
    curve = Curve(steps, None if validation is None else _watch(network, validation, parameters))
    for step in range(steps):
        drawn = random.choice(len(sentences), recipe.batch, p=examples.chances)
        batch = [_varied(sentences[i], recipe, random) for i in drawn]
        curve.step(
            network, network.train_on_batch(padded(batch, _multiple(max(map(len, batch)))), examples.targets[drawn])
        )
        progress(step + 1, steps)
    return parameters, half_graph(_fixed(network, parameters)), curve


def _watch(network: Any, validation: Examples, parameters: TextParameters) -> Callable[[], float]:  # noqa: ANN401
    ids = padded([ids_of(sentence, parameters) for sentence in validation.sentences], parameters.length)
    return lambda: cross_entropy(validation.targets, network.predict(ids, batch_size=256, verbose=0))


def _varied(ids: Ids, recipe: TextRecipe, random: np.random.Generator) -> Ids:
    """Cut a part out of some sentences and make some morphemes unknown."""
    if random.random() < recipe.short and len(ids) > SHORT[0]:
        length = int(random.integers(SHORT[0], min(SHORT[1], len(ids)) + 1))
        start = int(random.integers(0, len(ids) - length + 1))
        ids = ids[start : start + length]
    return np.where(random.random(len(ids)) < recipe.token_dropout, UNKNOWN, ids).astype(np.int32)


def _multiple(length: int) -> int:
    """Few different lengths, so that TensorFlow traces few graphs."""
    return -(-length // 16) * 16


def _network(parameters: TextParameters, recipe: TextRecipe) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Sentences of any length in; the layers are shared with the exported graph through `_fixed`."""
    import keras

    given = keras.Input((None,), dtype="int32", name="morphemes")
    return keras.Model(given, _layers(parameters, recipe)(given))


def _layers(parameters: TextParameters, recipe: TextRecipe) -> Any:  # noqa: ANN401 - Keras has no annotations
    import keras
    from keras import layers, ops

    class Sentence(keras.Model):  # type: ignore[misc] # Keras has no annotations
        """Attention and maximum over embeddings that have seen their neighbours; padding takes no part."""

        def __init__(self) -> None:
            super().__init__(name="sentence")
            self.embed = layers.Embedding(FIRST + len(parameters.vocabulary), recipe.embedding)
            self.embedding_dropout = layers.SpatialDropout1D(recipe.dropout / 2)
            self.convolve = layers.Conv1D(recipe.filters, recipe.kernel, padding="same", activation="relu")
            self.attend = layers.Dense(1)
            self.dropout = layers.Dropout(recipe.dropout)
            self.decide = layers.Dense(len(LABELS))
            self.words = layers.Embedding(FIRST + len(parameters.vocabulary), len(LABELS), "zeros")

        def call(self, ids: Any, training: bool = False) -> Any:  # noqa: ANN401
            there = ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), -1)
            x = self.embedding_dropout(self.embed(ids), training=training) * there
            seen = layers.concatenate([x, self.convolve(x) * there])
            weights = ops.softmax(self.attend(seen) - 1e4 * (1 - there), axis=1)
            pooled = ops.concatenate([ops.sum(weights * seen, axis=1), ops.max(seen - 1e4 * (1 - there), axis=1)], 1)
            alone = ops.sum(self.words(ids) * there, axis=1) / ops.sqrt(ops.sum(there, axis=1) + 1)
            return ops.softmax(self.decide(self.dropout(pooled, training=training)) + alone)

    return Sentence()


def _fixed(network: Any, parameters: TextParameters) -> Any:  # noqa: ANN401 - Keras has no annotations
    """The same layers for a batch of 1 and the full length."""
    import keras

    given = keras.Input(batch_shape=(1, parameters.length), dtype="int32", name="morphemes")
    return keras.Model(given, network.get_layer("sentence")(given))
