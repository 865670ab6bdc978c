"""The body's stage with a model that has no mask: what is missing becomes a reason, never a made-up score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.block import Block, Quality
from models.features.bio import BioParameters
from models.features.notebook_means import NotebookMeansParameters
from models.scores import Scores
from realtime.body import BioStage
from realtime.body_quality import BodyOptions, stuck_share
from realtime.reasons import Why


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


SECONDS = 80


class Flat(Echo):
    """Says the same of every window of the usual features."""

    feature_parameters = BioParameters()

    def predict(self, _features: np.ndarray) -> np.ndarray:
        return np.full(7, 1 / 7, np.float32)


def skin(rate: float = 4.0) -> np.ndarray:
    """Conductance that rises and falls."""
    t = np.arange(round(SECONDS * rate)) / rate
    return (3 + 0.5 * np.sin(0.3 * t) + 0.01 * np.random.default_rng(0).normal(size=len(t))).astype(np.float32)


def heart(rate: float = 250.0) -> np.ndarray:
    """An ECG of 75 beats a minute with a little noise."""
    t = np.arange(round(SECONDS * rate)) / rate
    return (np.exp(-(((t % 0.8 - 0.4) / 0.02) ** 2)) + 0.01 * np.random.default_rng(0).normal(size=len(t))).astype("f4")


def felt(streams: dict[str, tuple[float, np.ndarray]], flags: Quality = Quality.OK, size: int = 10**9) -> list[Scores]:
    stage = BioStage(Flat(), streams)
    blocks = [
        Block(name, at, at / rate, rate, values[at : at + size], flags)
        for name, (rate, values) in streams.items()
        for at in range(0, len(values), size)
    ]
    blocks.sort(key=lambda one: one.end)
    return [one for block in blocks for one in stage.push(block)] + stage.flush()


def test_the_person_is_trusted_more_the_longer_they_are_known() -> None:
    """While a window says too little the body warms up."""
    scores = felt({"eda": (4.0, skin())})
    reasons = [one.reason for one in scores]
    assert set(reasons[:10]) == {Why.WARMING_UP}
    assert set(reasons[30:]) == {None}
    qualities = [one.quality for one in scores]
    assert qualities == sorted(qualities)
    assert 0.3 < qualities[-1] <= 1


def test_a_sensor_that_nobody_wears_says_so() -> None:
    """Flagged as without contact from the start, or exactly 0 uS on the way, as an E4 sends it."""
    assert {one.reason for one in felt({"eda": (4.0, skin())}, Quality.NO_CONTACT)} == {Why.NOT_WORN}
    taken_off = skin()
    taken_off[200:] = 0.0
    last = felt({"eda": (4.0, taken_off)})[-1]
    assert (last.probabilities, last.quality, last.reason) == (None, 0.0, Why.NOT_WORN)


@pytest.mark.parametrize("name", ["eda", "ecg"])
def test_a_signal_that_stands_still_has_no_vote(name: str) -> None:
    """Saturated electrodes give one value for ever."""
    rate, values = {"eda": (4.0, skin()), "ecg": (250.0, heart())}[name]
    values[round(35 * rate) :] = values.max()
    last = felt({name: (rate, values)})[-1]
    assert (last.probabilities, last.quality) == (None, 0.0)
    assert last.reason == f"low quality: {name.upper()} keeps one value"


def test_a_good_sensor_is_trusted_less_beside_one_that_stands_still() -> None:
    stuck = heart()
    stuck[30 * 250 :] = 0.2
    both, one = (felt({"eda": (4.0, skin()), "ecg": (250.0, ecg)})[-1].quality for ecg in (heart(), stuck))
    assert 0 < one < 0.6 * both


@settings(max_examples=4)
@given(st.integers(1, 700))
def test_any_chunking_gives_identical_quality(size: int) -> None:
    stuck = heart(50.0)
    stuck[1200:1900] = 0.5
    streams = {"eda": (4.0, skin()), "ecg": (50.0, stuck)}
    whole, cut = felt(streams), felt(streams, size=size)
    assert [(one.end, one.quality, one.reason) for one in cut] == [(one.end, one.quality, one.reason) for one in whole]


@given(st.lists(st.tuples(st.sampled_from([1.0, 2.0, 3.0, np.nan]), st.integers(1, 9)), min_size=1), st.integers(0, 6))
def test_stuck_samples_are_those_in_long_runs(runs: list[tuple[float, int]], longest: int) -> None:
    """Counted one by one, neighbouring runs of one value being one; missing samples are never stuck."""
    values = np.concatenate([np.full(length, value) for value, length in runs])
    expected, run = 0, 0
    for at, value in enumerate(values):
        run = run + 1 if at and value == values[at - 1] else 1
        last = at + 1 == len(values) or values[at + 1] != value
        expected += run if last and run > max(longest, 1) else 0
    assert stuck_share(values, longest) == pytest.approx(expected / len(values))


@pytest.mark.parametrize("bad", [{"ecg_flat_s": 0.0}, {"eda_flat_s": -1.0}, {"least": 1.0}], ids=str)
def test_options_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="body: "):
        BodyOptions(**bad)
