"""Variations of clips: noise is as loud as said, always other noise, and the same for the same seed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.corpus import RATE, tone
from training.augment import NOISE, SNR_DB, noisy

LONGER_THAN_THE_NOISE = NOISE / RATE + 1


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.sampled_from([0.3, 4.6, LONGER_THAN_THE_NOISE]))
def test_noise_lies_under_the_sound_as_far_as_said(seed: int, seconds: float) -> None:
    """Its distance to the sound is within the range, whatever its colour and however long the sound is."""
    audio = tone(140, 3, seconds)
    noise = noisy(audio, np.random.default_rng(seed)) - audio
    distance = 10 * np.log10(np.mean(audio**2) / np.mean(noise**2))
    assert SNR_DB[0] - 0.1 <= distance <= SNR_DB[1] + 0.1


def test_noise_is_drawn_for_each_window_and_follows_from_its_seed() -> None:
    """No two windows get the same, and the same window gets the same again."""
    audio = tone(140, 3, 1.0)
    drawn = [noisy(audio, np.random.default_rng(seed)) for seed in (*range(10), 3)]
    assert np.array_equal(drawn[3], drawn[-1])
    assert len({each.tobytes() for each in drawn[:-1]}) == 10


def test_silence_stays_silent() -> None:
    """There is no sound for noise to lie under."""
    assert not noisy(np.zeros(RATE, np.float32), np.random.default_rng(0)).any()
