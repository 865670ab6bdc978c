"""Voice activity: the same for any chunking, true to the model, awake however long somebody speaks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.vad import STEP, Vad
from tests.realtime.conftest import RATE, Floats, hush, vowels

SIZES = st.lists(st.integers(1, 5000), min_size=2, max_size=6)


@pytest.fixture(scope="module")
def vad() -> Vad:
    """One network for all examples; every test resets it first."""
    return Vad()


@settings(max_examples=4, deadline=None)
@given(sizes=SIZES)
def test_any_chunking_gives_identical_probabilities(vad: Vad, conversation: Floats, sizes: list[int]) -> None:
    """Not one bit depends on how the stream was cut."""
    vad.reset()
    whole = vad.push(conversation)
    vad.reset()
    edges = np.cumsum(np.resize(sizes, 1 + 2 * len(conversation) // sum(sizes) * len(sizes)))
    pieces = np.split(conversation, edges[edges < len(conversation)])
    assert [p for piece in pieces for p in vad.push(piece)] == whole


def test_agrees_with_faster_whisper(vad: Vad, conversation: Floats) -> None:
    """On less than 15 s the stream says what faster-whisper's batch says, but for the last step, which that spoils."""
    from faster_whisper.vad import get_vad_model

    audio = conversation[: min(len(conversation), 14 * RATE) // STEP * STEP]
    vad.reset()
    ours = np.array(vad.push(audio))
    theirs = get_vad_model()(audio.copy())
    np.testing.assert_allclose(ours[:-1], theirs[:-1], atol=1e-4)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(RATE * 5),
        np.full(RATE * 5, 0.4),
        np.ones(RATE * 5),
        hush(5),
        np.random.default_rng(0).normal(0, 0.1, RATE * 5),
        0.3 * np.sin(2 * np.pi * 220 * np.arange(RATE * 5) / RATE),
        np.sign(np.sin(2 * np.pi * 150 * np.arange(RATE * 5) / RATE)),
    ],
    ids=["zeros", "dc", "full scale dc", "quiet room", "noise", "tone", "clipped tone"],
)
def test_what_is_not_speech_is_not_taken_for_it(vad: Vad, sound: Floats) -> None:
    """Silence, constants, noise and tones stay under one half."""
    vad.reset()
    assert max(vad.push(sound.astype(np.float32))) < 0.5


def test_digital_silence_is_exactly_zero_and_starts_afresh(vad: Vad) -> None:
    """Behind zeros the same speech is judged as at the start of a stream."""
    vad.reset()
    first = vad.push(vowels(1.024))
    assert vad.push(np.zeros(STEP * 3, np.float32)) == [0, 0, 0]
    assert vad.push(vowels(1.024)) == first


@pytest.mark.parametrize("seed", [0, 3])
def test_endless_speech_stays_speech(vad: Vad, seed: int) -> None:
    """A voice without a pause, which the network alone no longer hears after half a minute, is heard to the end."""
    from faster_whisper.vad import get_vad_model

    endless = vowels(90, seed)[: 90 * RATE // STEP * STEP]
    vad.reset()
    heard = np.array(vad.push(endless)) > 0.35
    lost = get_vad_model()(endless.copy()).ravel() > 0.35
    half_a_minute = 30 * RATE // STEP
    assert lost[half_a_minute:].mean() < 0.4
    assert heard[half_a_minute:].mean() > 0.9


def test_real_endless_speech_stays_speech(vad: Vad, shared_data: Path) -> None:
    """Two minutes of Korean with all pauses cut out are never lost for longer than a tenth of a second."""
    import soundfile as sf

    spoken = []
    for file in sorted((shared_data / "speech" / "deeply_ko_read_subset" / "audio").glob("*.flac"))[:40]:
        audio = sf.read(file, dtype="float32")[0]
        steps = audio[: len(audio) // STEP * STEP].reshape(-1, STEP)
        vad.reset()
        likely = np.convolve(vad.push(steps.ravel()), np.ones(5) / 5, "same") > 0.5
        spoken.append(steps[likely].ravel())
    vad.reset()
    heard = np.array(vad.push(np.concatenate(spoken)[: 120 * RATE])) > 0.35
    assert heard.mean() > 0.99
    assert "...." not in "".join("x" if one else "." for one in heard)


def test_flush_judges_the_rest_and_forgets(vad: Vad) -> None:
    """What is left counts as if zeros followed; afterwards the next stream starts anew."""
    vad.reset()
    speech = vowels(0.5)
    padded = np.pad(speech, (0, -len(speech) % STEP))
    whole = vad.push(padded)
    vad.reset()
    assert [*vad.push(speech), *vad.flush()] == whole
    assert vad.push(padded) == whole
    vad.reset()
    assert vad.flush() == []


def test_the_network_reports_to_nobody(tmp_path: Path) -> None:
    """ONNX Runtime would keep an identifier in the home folder and send what it is used for."""
    ended = subprocess.run(
        [sys.executable, "-c", "from realtime.vad import Vad; Vad()"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        check=False,
    )
    assert ended.returncode == 0
    assert list(tmp_path.iterdir()) == []
