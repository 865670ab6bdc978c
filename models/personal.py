"""What a profile changes: voice models are corrected for the person, and the body's baseline does not begin at nothing.

A model's answer to somebody's neutral speech says how it mistakes the person, whatever the reason: voice, microphone or
language. Taking a part of that away from all its answers needs a few utterances and one number for each label. Shifting
the features of the whole-segment model by the person's neutral mean helped no more on RAVDESS and did harm elsewhere.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.features.baseline import Baseline
from models.features.bio import FEATURES
from models.model import Model
from models.profile import Answers, Body, Level, Measure, Profile

LEAST_PROBABILITY = 1e-3
"""Below which models differ by chance"""
PULL, HALF = 0.3, 1.0
"""Share of a difference that is taken away when it is known well, and utterances after which half of that is. Chosen on
the corpora other than RAVDESS: the whole difference does harm everywhere"""


def personalised(bundle: Bundle, profile: Profile) -> Bundle:
    """The same bundle for one person: voice models corrected where that helps, the body's baseline begun.

    The text needs no profile.
    """
    answers = profile.voice.answers if profile.voice else {}
    models, whole = dict(bundle.models), dict(bundle.segment_models)
    if "voice" in models:
        models["voice"] = _corrected(models["voice"], answers.get("windows"))
    if "voice" in whole:
        whole["voice"] = _corrected(whole["voice"], answers.get("segments"))
    most = getattr(models["bio"].feature_parameters, "weight", 0.0) if "bio" in models else 0.0
    known = baseline_of(profile.body, most) if profile.body and most else None
    return replace(bundle, models=models, segment_models=whole, person=profile, known=known)


def told(bundle: Bundle) -> str:
    """Say what a profile changes in a bundle and what it does not."""
    voices = {"voice": bundle.models.get("voice"), "voice of whole segments": bundle.segment_models.get("voice")}
    changed = {name: model.correction is not None for name, model in voices.items() if model}
    if "bio" in bundle.models:
        changed["body"] = bundle.known is not None
    used = [name for name, is_changed in changed.items() if is_changed]
    unused = [name for name, is_changed in changed.items() if not is_changed]
    without = f"; not for {', '.join(unused)}: it says nothing about it, or would not help" if unused else ""
    name = bundle.person.name if bundle.person else "of nobody"
    return f"profile {name} is used for {', '.join(used) or 'nothing'}{without}"


def correction(answers: Answers, neutral: tuple[float, ...]) -> tuple[float, ...]:
    """[labels] what to add to the logarithm of a model's probabilities for a person.

    Strangers' neutral speech gets `neutral` on average, the person's another answer: a share of the difference is taken
    away from everything the model says of the person.
    """
    share = PULL * answers.utterances / (answers.utterances + HALF)
    return tuple(-share * (mine - usual) for mine, usual in zip(answers.mean, neutral, strict=True))


def answers_of(probabilities: NDArray[np.floating[Any]]) -> Answers:
    """Sum up what a model says of neutral utterances, [utterances, labels], at least one."""
    logarithms = np.log(np.maximum(probabilities.astype(np.float64), LEAST_PROBABILITY))
    mean, spread = logarithms.mean(axis=0), logarithms.std(axis=0)
    return Answers(len(logarithms), tuple(np.round(mean, 4).tolist()), tuple(np.round(spread, 4).tolist()))


def baseline_of(body: Body, most: float) -> Baseline:
    """What a session starts with; what is known from before counts as `most` windows, so that the day's own level wins.

    Without that limit five minutes of Stress-Predict's recordings help the sessions after them half as much.
    """
    count, mean, squares = (np.zeros(len(FEATURES)) for _ in range(3))
    for name, measure in body.measures.items():
        at = FEATURES.index(name)
        count[at] = min(float(measure.windows), most)
        mean[at], squares[at] = measure.mean, count[at] * measure.spread**2
    return Baseline(count, mean, squares)


def measures_of(baseline: Baseline) -> dict[str, Measure]:
    """What `baseline_of` reads: every measure that was there."""
    spreads = np.sqrt(baseline.squares / np.maximum(baseline.count, 1))
    found = zip(FEATURES, baseline.count, baseline.mean, spreads, strict=True)
    return {name: Measure(int(n), round(float(m), 5), round(float(s), 5)) for name, n, m, s in found if n >= 1}


def level_of(values: NDArray[np.floating[Any]]) -> Level:
    """Where values [n], at least one, lie."""
    numbers = (values.mean(), values.std(), values.min(), values.max())
    return Level(*(round(float(number), 3) for number in numbers))


def updated(profile: Profile, baseline: Baseline, at: str) -> Profile:
    """Add what a session came to know of the body; whether its speech was neutral, nobody knows."""
    levels = profile.body.levels if profile.body else {}
    return replace(profile, updated=at, body=Body(measures_of(baseline), levels))


def _corrected(model: Model, answers: Answers | None) -> Model:
    if answers is None or model.neutral is None:
        return model
    return replace(model, correction=correction(answers, model.neutral))
