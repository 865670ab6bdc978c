"""MFCC beside librosa, and the same numbers for any chunking."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.mfcc import Floats, MfccParameters, MfccStream, mfcc_features
from models.features.parameters import InvalidParameters

P = MfccParameters()


def reference(audio: Floats) -> Floats:
    """MFCC as the notebooks compute them, with librosa and scikit-learn."""
    librosa = pytest.importorskip("librosa")
    scale = pytest.importorskip("sklearn.preprocessing").scale
    mfcc = librosa.feature.mfcc(y=audio, sr=16_000, n_mfcc=100, n_fft=400, hop_length=160)
    rows = scale(mfcc, axis=1)[:, :465]
    features = np.zeros((100, 465), np.float32)
    features[:, : rows.shape[1]] = rows
    return features


def voice_like(n: int, seed: int = 0) -> Floats:
    """Noise and harmonics that swell and fade."""
    t = np.arange(n) / 16_000
    tones = sum(np.sin(2 * np.pi * f * t) / k for k, f in enumerate((180, 360, 720, 1500, 3100), 1))
    noise = np.random.default_rng(seed).standard_normal(n)
    return np.asarray(0.1 * tones * np.sin(2 * np.pi * 1.7 * t) ** 2 + 0.01 * noise, np.float32)


@pytest.mark.parametrize("n", [400, 5_000, 16_000, 60_123, 74_239, 74_240, 120_000])
@pytest.mark.filterwarnings("ignore:Empty filters", "ignore:Numerical issues")
def test_equals_librosa(n: int) -> None:
    """Short, exact and overlong utterances give librosa's scaled coefficients within 1e-3."""
    np.testing.assert_allclose(mfcc_features(voice_like(n), P), reference(voice_like(n)), atol=1e-3)


@pytest.mark.filterwarnings("ignore:Empty filters", "ignore:Numerical issues")
def test_equals_librosa_on_real_speech(shared_data: Path) -> None:
    """Real recordings, of any rate here, give librosa's numbers as well."""
    soundfile = pytest.importorskip("soundfile")
    soxr = pytest.importorskip("soxr")
    for path in sorted((shared_data / "speech" / "ravdess" / "audio").glob("*.flac"))[::300]:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        speech = soxr.resample(audio.mean(axis=1), rate, 16_000)
        np.testing.assert_allclose(mfcc_features(speech, P), reference(speech), atol=1e-3)


@pytest.mark.parametrize("n", [1, 100, 399, 400, 16_000, 80_000])
def test_silence_gives_zeros(n: int) -> None:
    """A coefficient that does not vary is 0, never NaN and never scaled rounding noise."""
    assert not mfcc_features(np.zeros(n, np.float32), P).any()


def chunks_of(audio: Floats, sizes: list[int]) -> list[Floats]:
    return np.split(audio, np.cumsum(sizes)[np.cumsum(sizes) < len(audio)])


@given(
    n=st.integers(1, 40_000),
    sizes=st.lists(st.one_of(st.integers(0, 700), st.integers(1, 20_000)), max_size=60),
    start=st.integers(0, 250),
    length=st.integers(1, 30_000),
)
@settings(deadline=None, max_examples=80)
def test_any_chunking_gives_the_same_bits(n: int, sizes: list[int], start: int, length: int) -> None:
    """A window of a stream equals the features of its samples exactly, however they came in."""
    audio = voice_like(n, seed=n)
    begin = min(start * P.hop_length, (n - 1) // P.hop_length * P.hop_length)
    end = min(begin + length, n)
    stream = MfccStream(P, keep_s=3)
    for chunk in chunks_of(audio, sizes):
        stream.push(chunk)
    assert stream.pushed == n
    np.testing.assert_array_equal(stream.features(begin, end), mfcc_features(audio[begin:end], P))


@given(sizes=st.lists(st.integers(1, 30_000), min_size=1, max_size=30))
@settings(deadline=None, max_examples=30)
def test_recent_windows_of_a_long_stream(sizes: list[int]) -> None:
    """After each push the last second is available, though the stream forgets what is older."""
    audio = voice_like(sum(sizes))
    stream = MfccStream(P, keep_s=1.1)
    for chunk in chunks_of(audio, sizes):
        stream.push(chunk)
        begin = -(-max(0, stream.pushed - 16_000) // 160) * 160
        if begin < stream.pushed:
            expected = mfcc_features(audio[begin : stream.pushed], P)
            np.testing.assert_array_equal(stream.features(begin, stream.pushed), expected)


@pytest.mark.parametrize(("start", "end"), [(80, 16_000), (0, 16_000), (32_000, 32_000), (32_000, 50_000)])
def test_windows_outside_of_the_stream_are_refused(start: int, end: int) -> None:
    """Off the hop, forgotten, empty and future stretches raise and say what is there."""
    stream = MfccStream(P, keep_s=1)
    stream.push(voice_like(48_000))
    with pytest.raises(ValueError, match=r"multiple of 160 and the samples lie within 32000\.\.48000"):
        stream.features(start, end)


def test_parameters_survive_json() -> None:
    """What is written to a manifest is read back equal."""
    assert MfccParameters.from_json(P.to_json()) == P


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hop": 160}, "has the unknown key 'hop'"),
        ({"hop_length": "160"}, "hop_length is '160', expected an integer"),
        ({"hop_length": True}, "hop_length is True, expected an integer"),
        ({"frames": 0}, "frames is 0, expected a number above 0"),
        ({"n_mfcc": 129}, "n_mfcc is 129, expected at most n_mels = 128"),
    ],
)
def test_bad_parameters_are_named(change: dict[str, object], message: str) -> None:
    """Unknown keys and bad values name themselves."""
    with pytest.raises(InvalidParameters, match=message):
        MfccParameters.from_json(P.to_json() | change)


def test_missing_parameters_are_named() -> None:
    """No default of the code stands in for a key that a manifest lacks."""
    data = P.to_json()
    del data["top_db"]
    with pytest.raises(InvalidParameters, match="lacks the key 'top_db'"):
        MfccParameters.from_json(data)
