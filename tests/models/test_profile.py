"""A person's profile: read strictly, refused where it does not hold, and what it changes in a bundle."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import Bundle, load_bundle
from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioParameters, deviations
from models.personal import (
    answers_of,
    baseline_of,
    correction,
    level_of,
    measures_of,
    personalised,
    told,
    updated,
)
from models.profile import (
    FORMAT,
    Body,
    InvalidProfile,
    Profile,
    ProfileMismatch,
    Voice,
    check_match,
    read_profile,
)
from models.scores import LABELS

ANGRY = np.array([[0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]] * 3)
"""What a model says of somebody's neutral speech"""
USUAL = tuple(np.log([0.1, 0.1, 0.1, 0.1, 0.5, 0.05, 0.05]).tolist())
"""What it says of strangers'"""


def resting(heart_rate: float = 60.0, windows: int = 40) -> Baseline:
    baseline = Baseline.empty(len(FEATURES))
    for n in range(windows):
        row = np.full(len(FEATURES), np.nan)
        row[FEATURES.index("heart_rate")] = heart_rate + (n % 3 - 1)
        baseline = baseline.including(row)
    return baseline


def profile(**changes: Any) -> Profile:
    voice = Voice(20.0, level_of(np.array([-30.0, -28.0])), {"windows": answers_of(ANGRY)})
    body = Body(measures_of(resting()), {"heart_rate": level_of(np.array([59.0, 61.0]))})
    mina = Profile(FORMAT, "mina", "2026-01-01T00:00:00+00:00", None, 45.0, "abc", {"eda": "bitalino A3"}, voice, body)
    return replace(mina, **changes)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The default one, whose voice model is said to gain by profiles."""
    found = load_bundle(None, {"voice", "bio"})
    return replace(found, models={**found.models, "voice": replace(found.models["voice"], neutral=USUAL)})


def test_a_profile_survives_its_file() -> None:
    for one in (profile(), profile(voice=None), profile(body=None)):
        assert read_profile(one.to_json(), "mina") == one


def unknown(data: dict[str, Any]) -> None:
    data["age"] = 30


def short(data: dict[str, Any]) -> None:
    data["voice"]["answers"]["windows"]["mean"] = [0.0]


def no_measure(data: dict[str, Any]) -> None:
    data["body"]["measures"] = {"height": {"windows": 3, "mean": 1.0, "spread": 0.1}}


def negative(data: dict[str, Any]) -> None:
    data["body"]["measures"]["heart_rate"]["spread"] = -1.0


def newer(data: dict[str, Any]) -> None:
    data["format"] = 9


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unknown, "unknown key 'age'"),
        (short, "profile.voice.answers.windows must be of 1 utterance or more and 7 labels"),
        (no_measure, "unknown key 'height'"),
        (negative, "spread 0 or more"),
        (newer, "format is 9"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    data = json.loads(profile().to_json())
    spoil(data)
    with pytest.raises(InvalidProfile, match=said):
        read_profile(json.dumps(data), "mina")


def test_what_is_no_json_is_no_profile() -> None:
    with pytest.raises(InvalidProfile, match="mina: no JSON"):
        read_profile(profile().to_json()[:-20], "mina")


def test_another_bundle_or_sensor_is_refused_in_one_line() -> None:
    """Streams that only one of both has say nothing against a profile."""
    check_match(profile(), "abc", {"eda": "bitalino A3", "audio": "a microphone"})
    check_match(profile(), "abc", {})
    with pytest.raises(
        ProfileMismatch, match="made with bundle abc, not with xyz; maeum calibrate --name mina --again"
    ):
        check_match(profile(), "xyz", {})
    with pytest.raises(ProfileMismatch, match="has its eda from bitalino A3, not from shimmer3 GSR"):
        check_match(profile(), "abc", {"eda": "shimmer3 GSR"})


def test_who_always_sounds_angry_is_taken_for_angry_less() -> None:
    offsets = dict(zip(LABELS, correction(answers_of(ANGRY), USUAL), strict=True))
    assert offsets["angry"] < 0 < offsets["neutral"]
    assert offsets["fear"] == pytest.approx(0.0, abs=1e-4)
    one = correction(answers_of(ANGRY[:1]), USUAL)
    assert 0 > one[0] > offsets["angry"]  # less is known of one utterance


def test_who_sounds_like_everybody_is_not_corrected() -> None:
    same = answers_of(np.exp(USUAL)[None, :])
    assert correction(same, USUAL) == pytest.approx([0.0] * len(LABELS), abs=1e-4)


@given(st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7), st.integers(1, 20))
def test_corrected_probabilities_sum_to_one(values: list[float], utterances: int) -> None:
    answers = answers_of(np.tile(np.array(values) / sum(values), (utterances, 1)))
    p = np.exp(USUAL) * np.exp(correction(answers, USUAL))
    assert np.isfinite(p).all()
    assert (p > 0).all()


def test_a_bundle_is_made_personal_where_that_helps(bundle: Bundle) -> None:
    """The voice model is corrected, the body's baseline begun, and it is said what is not."""
    mine = personalised(bundle, profile())
    features = np.zeros((100, 465), np.float32)
    before, after = (one.models["voice"].predict(features) for one in (bundle, mine))
    assert after.sum() == pytest.approx(1.0, abs=1e-6)
    assert after[LABELS.index("angry")] < before[LABELS.index("angry")]
    assert mine.known is not None
    assert "used for voice, body" in told(mine).replace("voice of whole segments, ", "")
    plain = replace(bundle.models["voice"], neutral=None)
    unchanged = personalised(replace(bundle, models={**bundle.models, "voice": plain}), profile())
    assert unchanged.models["voice"].correction is None
    assert "not for voice" in told(unchanged)


def test_a_known_heart_is_compared_at_once_and_the_day_wins() -> None:
    """What is known counts as a minute at most: then the session's own level outweighs it."""
    parameters = BioParameters(features=("heart_rate",), usual=(5.0,))
    body = Body(measures_of(resting(windows=3000)), {})
    known = baseline_of(body, most=60.0)
    now = np.full(len(FEATURES), np.nan)
    now[FEATURES.index("heart_rate")] = 80.0
    assert known.count.max() == 60.0
    deviation = deviations(now, known.including(now), parameters)
    assert deviation[0] > 2
    for _ in range(300):
        known = known.including(now)
    assert abs(deviations(now, known, parameters)[0]) < 1
    assert deviations(now, Baseline.empty(len(FEATURES)).including(now), parameters)[0] == 0


def test_a_session_is_added_to_the_body_alone() -> None:
    later = updated(profile(), resting(heart_rate=70.0), "2026-02-01T00:00:00+00:00")
    assert later.voice == profile().voice
    assert later.body is not None
    assert later.body.measures["heart_rate"].mean == pytest.approx(70.0, abs=0.1)
    assert later.updated == "2026-02-01T00:00:00+00:00"
