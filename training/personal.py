"""What a person's profile is worth, on people that the models do not know.

    personal   prepared/, fitted/ -> fitted/personal.json    after `evaluate`, not in a process that has TensorFlow

Voice: k neutral clips of a speaker make a profile as `maeum calibrate` does, the speaker's other clips are scored with
and without it. Body: the first minutes of a recording make a profile, sessions that begin after them start with it or
with nothing. Also found here: what strangers' neutral speech is answered with, from which a profile is a departure.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.personal import answers_of, correction
from models.scores import LABELS
from training import personal_body
from training.bio import HELDOUT as BIO_HELDOUT
from training.errors import NotPrepared
from training.metrics import mean_and_spread, report, tempered
from training.recipes import SEGMENT, SegmentRecipe, load_recipe
from training.stages import HELDOUT
from training.voice_segments import SegmentData, heldout, trained

FILE = "personal.json"
KNOWN = (1, 2, 4, 8)
"""Neutral clips in a profile"""
DRAWS = 24
"""Random choices of them"""
SEED = 327
NEUTRAL = LABELS.index("neutral")

Floats = NDArray[np.floating[Any]]
Progress = Callable[[int, int], object]
Draw = tuple[NDArray[np.int64], dict[str, tuple[Floats, Floats]]]
"""Clips that are scored, and by model their probabilities [clips, labels] without and with a profile"""


@dataclass(frozen=True, slots=True, eq=False)
class Heldout:
    """Clips, and what models that do not know their speakers say of them."""

    corpus: NDArray[np.str_]
    """[clips]"""
    speaker: NDArray[np.str_]
    """[clips]"""
    label: NDArray[np.int64]
    """[clips]"""
    fold: NDArray[np.int64]
    """[clips]"""
    answers: Mapping[str, Floats]
    """Calibrated probabilities [clips, labels], by model: `windows`, and `segments` where there is one"""


def measure(prepared: Path, fitted: Path, progress: Progress) -> dict[str, Any]:
    """Measure what there is and write it down; `progress` is told parts done and in all.

    Raises
    ------
    NotPrepared
        When there is no such folder.
    """
    if not fitted.is_dir():
        raise NotPrepared(f"{fitted} is missing; run maeum-train fit and evaluate first")
    found: dict[str, Any] = {}
    if (fitted / HELDOUT).is_file():
        found["voice"] = _voice(prepared, fitted)
    progress(1, 2)
    if (fitted / BIO_HELDOUT).is_file():
        found["body"] = personal_body.measure(prepared, fitted)
    progress(2, 2)
    (fitted / FILE).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return found


def voice_gains(clips: Heldout) -> list[dict[str, Any]]:
    """UAR without and with a profile, for each corpus, number of neutral clips, and model.

    Every row has `corpus`, `known` (clips in the profile), `model`, `n` (clips scored, mean of the draws), `speakers`,
    `without`, `with`, and `gain` with its `mean` and `sd` over folds. A speaker with too few neutral clips is left out;
    there are no rows where one fold has all who speak neutrally, for then nobody else does.
    """
    if len(np.unique(clips.fold[clips.label == NEUTRAL])) < 2:
        return []
    return [row for corpus in dict.fromkeys(clips.corpus.tolist()) for k in KNOWN for row in _gains(clips, corpus, k)]


def usual(clips: Heldout, model: str, without: int | None = None) -> tuple[float, ...]:
    """[labels] mean over speakers of what their neutral speech is answered with; of those outside of one fold."""
    chosen = (clips.label == NEUTRAL) & (clips.fold != without)
    means = [answers_of(clips.answers[model][chosen & (clips.speaker == who)]).mean for who in _people(clips, chosen)]
    return tuple(np.round(np.mean(means, axis=0), 4).tolist())


def helps(gains: Iterable[Mapping[str, Any]], model: str) -> bool:
    """Whether a profile is worth applying to a model: whether its gains are above 0, averaged over rows."""
    found = [row["with"] - row["without"] for row in gains if row["model"] == model]
    return bool(found) and float(np.mean(found)) > 0


def _voice(prepared: Path, fitted: Path) -> dict[str, Any]:
    clips = _heldout(prepared, fitted)
    gains = voice_gains(clips)
    found: dict[str, Any] = {
        "neutral": {model: usual(clips, model) for model in clips.answers if helps(gains, model)},
        "gains": gains,
    }
    if "segments" in clips.answers:
        found["whole recording"] = _whole_recording(SegmentData.load(prepared), clips, load_recipe(SEGMENT))
    return found


def _heldout(prepared: Path, fitted: Path) -> Heldout:
    answers: dict[str, Floats] = {"windows": np.load(fitted / HELDOUT)}
    with np.load(prepared / "voice.npz", allow_pickle=False) as arrays:
        about = {name: arrays[name] for name in ("corpus", "speaker", "label", "fold")}
    if (metrics := fitted / f"{SEGMENT}-metrics.json").is_file():
        data, temperature = SegmentData.load(prepared), json.loads(metrics.read_text())["temperature"]
        answers["segments"] = tempered(heldout(data, fitted, lambda _done, _total: None), temperature)
    return Heldout(**about, answers=answers)


def _gains(clips: Heldout, corpus: str, k: int) -> list[dict[str, Any]]:
    """Rows of one corpus and number of clips; none when nobody has more neutral clips than that."""
    mine = clips.corpus == corpus
    neutral = {who: np.flatnonzero((clips.speaker == who) & (clips.label == NEUTRAL)) for who in _people(clips, mine)}
    enough = {who: rows for who, rows in neutral.items() if len(rows) >= k}
    if not enough:
        return []
    references = {
        int(fold): {model: usual(clips, model, fold) for model in clips.answers} for fold in np.unique(clips.fold[mine])
    }
    random = np.random.default_rng(SEED)
    draws = [_draw(clips, enough, references, k, random) for _ in range(DRAWS)]
    models = [*clips.answers, *(["both"] if len(clips.answers) > 1 else [])]
    about = {
        "corpus": corpus,
        "known": k,
        "n": round(np.mean([len(rows) for rows, _ in draws])),
        "speakers": len(enough),
    }
    return [{**about, "model": model, **_compared(clips, draws, model)} for model in models]


def _draw(
    clips: Heldout,
    neutral: Mapping[str, NDArray[np.int64]],
    references: Mapping[int, Mapping[str, tuple[float, ...]]],
    k: int,
    random: np.random.Generator,
) -> Draw:
    """Make profiles of k neutral clips of each speaker, and score the speaker's others."""
    rows: list[NDArray[np.int64]] = []
    offsets: dict[str, list[Floats]] = {model: [] for model in clips.answers}
    for who, candidates in neutral.items():
        drawn = random.choice(candidates, k, replace=False)
        rest = np.setdiff1d(np.flatnonzero(clips.speaker == who), drawn)
        rows.append(rest)
        for model, answers in clips.answers.items():
            reference = references[int(clips.fold[rest[0]])][model]
            offsets[model].append(np.tile(correction(answers_of(answers[drawn]), reference), (len(rest), 1)))
    tested = np.concatenate(rows)
    scored = {m: (p[tested], _shifted(p[tested], np.concatenate(offsets[m]))) for m, p in clips.answers.items()}
    if len(scored) > 1:
        before, after = (np.mean([pair[i] for pair in scored.values()], axis=0) for i in (0, 1))
        scored["both"] = before, after
    return tested, scored


def _shifted(probabilities: Floats, offsets: Floats) -> Floats:
    shifted = probabilities.astype(np.float64) * np.exp(offsets)
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _compared(clips: Heldout, draws: Sequence[Draw], model: str) -> dict[str, Any]:
    """Means over draws, and the gain over folds."""
    uars = np.mean([[_uar(clips, rows, p) for p in scored[model]] for rows, scored in draws], axis=0)
    folds = []
    for fold in np.unique(clips.fold[draws[0][0]]):
        gains = []
        for rows, scored in draws:
            within = clips.fold[rows] == fold
            before, after = (_uar(clips, rows[within], p[within]) for p in scored[model])
            gains.append(after - before)
        folds.append(float(np.mean(gains)))
    return {"without": float(uars[0]), "with": float(uars[1]), "gain": mean_and_spread(folds)}


def _uar(clips: Heldout, rows: NDArray[np.int64], probabilities: Floats) -> float:
    return report(clips.label[rows], probabilities).uar


def _people(clips: Heldout, chosen: NDArray[np.bool_]) -> list[str]:
    return [str(who) for who in np.unique(clips.speaker[chosen])]


def _whole_recording(data: SegmentData, clips: Heldout, recipe: SegmentRecipe) -> dict[str, dict[str, float]]:
    """UAR of the model of whole segments, and of one that sees every speaker normalised by their whole recording.

    That uses every clip of a speaker at once, of all emotions: no profile can know so much.
    """
    normal = np.empty_like(data.statistics)
    for who in np.unique(data.speaker):
        rows = data.speaker == who
        mean, spread = data.statistics[rows].mean(axis=0), data.statistics[rows].std(axis=0)
        normal[rows] = (data.statistics[rows] - mean) / np.maximum(spread, 1e-6)
    probabilities = np.empty((len(data.label), len(LABELS)))
    for fold in np.unique(data.fold):
        others, tested = data.fold != fold, data.fold == fold
        linear, _ = trained(normal[others], np.eye(len(LABELS), dtype=np.float32)[data.label[others]], recipe)
        x = np.clip((normal[tested] - linear.mean) * linear.scale, -linear.clip, linear.clip)
        probabilities[tested] = x @ linear.weights + linear.bias  # logits, whose order is that of probabilities
    found = {}
    for corpus in dict.fromkeys(data.corpus.tolist()):
        rows = data.corpus == corpus
        truth, answers = (
            data.label[rows],
            {"without": clips.answers["segments"][rows], "with": _softmax(probabilities[rows])},
        )
        found[corpus] = {name: report(truth, each).uar for name, each in answers.items()}
    return found


def _softmax(logits: Floats) -> Floats:
    from scipy.special import softmax

    return np.asarray(softmax(logits, axis=1))
