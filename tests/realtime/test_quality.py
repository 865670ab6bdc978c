"""Speech is trusted as far as it stands out, clearly and unclipped, from the room's noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.quality import NoiseFloor, QualityOptions, speech_quality
from realtime.reasons import Why
from realtime.vad import STEP
from tests.realtime.conftest import RATE, Floats, hush, vowels

OPTIONS = QualityOptions()
SPEECH = vowels(3)


def noise(dbfs: float, seconds: float = 3.0) -> Floats:
    level = 10 ** (dbfs / 20)
    return np.random.default_rng(1).normal(0, level, round(seconds * RATE)).astype(np.float32)


def floor_of(audio: Floats, options: QualityOptions = OPTIONS) -> float:
    floor = NoiseFloor(options.noise_s)
    for step in audio[: len(audio) // STEP * STEP].reshape(-1, STEP):
        floor.push(step)
    return floor.power


def decibels(power: float) -> float:
    return 10 * float(np.log10(power))


@pytest.mark.parametrize("dbfs", [-60, -40, -20])
def test_the_noise_is_found_between_the_words(dbfs: float) -> None:
    """Within 2 dB, though most of what is heard is speech."""
    words = np.concatenate([part for seed in range(4) for part in (vowels(1.2, seed), hush(0.15))])
    heard = words + noise(dbfs, len(words) / RATE)
    assert decibels(floor_of(heard)) == pytest.approx(dbfs, abs=2)


def test_a_room_that_grows_loud_is_noticed_after_the_memory_is_over() -> None:
    floor = NoiseFloor(1.0)
    levels = []
    for audio in (noise(-60, 2.0), noise(-30, 2.0)):
        for step in audio[: len(audio) // STEP * STEP].reshape(-1, STEP):
            floor.push(step)
        levels.append(decibels(floor.power))
    assert levels == pytest.approx([-60, -30], abs=2)


def test_digital_silence_says_nothing_of_the_room() -> None:
    heard = np.concatenate([noise(-40, 32 * STEP / RATE), np.zeros(RATE, np.float32)])
    assert decibels(floor_of(heard)) == pytest.approx(-40, abs=2)
    assert floor_of(np.zeros(RATE, np.float32)) == 0.0


def test_clean_speech_is_trusted_as_far_as_it_is_speech() -> None:
    for ratio in (1.0, 0.5):
        trust = speech_quality(SPEECH, ratio, floor_of(hush(1)), OPTIONS)
        assert (trust.value, trust.reason) == (pytest.approx(ratio), None)


def test_trust_falls_steadily_with_the_noise() -> None:
    """From all of it at 30 dB over the noise to none at 10 dB under it."""
    level = decibels(float(np.mean(np.square(SPEECH, dtype=np.float64))))
    values = []
    for snr in (35, 20, 10, 0):
        heard = SPEECH + noise(level - snr)
        values.append(speech_quality(heard, 1.0, 10 ** ((level - snr) / 10), OPTIONS).value)
    assert values == pytest.approx([1.0, 0.75, 0.5, 0.25], abs=0.03)


@pytest.mark.parametrize(
    ("audio", "ratio", "noise_power", "head"),
    [
        (np.clip(SPEECH * 30, -1, 1), 1.0, 0.0, Why.CLIPPED),
        (SPEECH * np.float32(3e-4), 1.0, 0.0, Why.LOW_QUALITY),
        (SPEECH, 1.0, 1.0, Why.LOW_QUALITY),
        (SPEECH, 0.0, 0.0, Why.NO_SPEECH),
        (np.zeros(RATE, np.float32), 0.5, 0.0, Why.LOW_QUALITY),
    ],
    ids=["clipped", "too faint", "drowned", "no speech", "silence"],
)
def test_what_cannot_be_trusted_says_why(audio: Floats, ratio: float, noise_power: float, head: Why) -> None:
    trust = speech_quality(audio, ratio, noise_power, OPTIONS)
    assert trust.value < OPTIONS.least
    assert str(trust.reason).partition(":")[0] == head


@given(st.floats(0, 50), st.floats(0, 1), st.floats(0, 10), st.integers(1, 4000))
def test_trust_is_never_more_than_the_share_of_speech(gain: float, ratio: float, power: float, length: int) -> None:
    """Whatever is heard; and where there is no reason, it is at least the least."""
    audio = np.clip(np.random.default_rng(length).normal(0, 0.02, length) * gain, -1, 1).astype(np.float32)
    trust = speech_quality(audio, ratio, power, OPTIONS)
    assert 0 <= trust.value <= ratio
    assert (trust.reason is None) == (trust.value >= OPTIONS.least)


@pytest.mark.parametrize(
    "bad",
    [
        {"silent_dbfs": -50.0},
        {"clean_snr_db": -20.0},
        {"cut_off": 0.0},
        {"most_clipped": 0.0},
        {"least": 1.0},
        {"noise_s": 0.01},
    ],
    ids=str,
)
def test_options_that_contradict_each_other_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="quality: "):
        QualityOptions(**bad)
