"""Speech for the tests of this package: invented vowels, and real recordings where there are any; emulated devices."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from scipy.signal import lfilter

from devices.block import Block

Floats = NDArray[np.float32]
RATE = 16_000
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240), (530, 1840, 2480))


def vowels(seconds: float, seed: int = 0) -> Floats:
    """Five vowels a second from a buzzing source behind three resonances (Peterson & Barney 1952)."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * np.arange(n) / RATE)
    buzz = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0) + rng.normal(0, 0.01, n)
    out = np.zeros(n)
    for at in range(0, n, RATE // 5):
        sound = buzz[at : at + RATE // 5]
        for hertz, width in zip(_VOWELS[rng.integers(5)], (80, 90, 120), strict=True):
            r = np.exp(-np.pi * width / RATE)
            sound = lfilter([1.0], [1.0, -2 * r * np.cos(2 * np.pi * hertz / RATE), r * r], sound)
        out[at : at + len(sound)] = sound * np.hanning(len(sound)) ** 0.4
    return (0.3 * out / np.abs(out).max()).astype(np.float32)


def hush(seconds: float, seed: int = 0) -> Floats:
    """A quiet room."""
    return np.random.default_rng(seed).normal(0, 3e-5, round(seconds * RATE)).astype(np.float32)


def blocks(audio: Floats, sizes: Sequence[int] = (512,), start: float = 0.0, index: int = 0) -> Iterator[Block]:
    """Cut audio into blocks of these sizes, again and again; `start` is the session time of sample 0."""
    at = 0
    for size in cycle(sizes):
        if at >= len(audio):
            return
        first = index + at
        yield Block("audio", first, start + first / RATE, RATE, audio[at : at + size])
        at += size


class Microphone:
    """A live microphone, in all that matters to a session but what it hears."""

    name, duration, utterances, person, synthetic = "microphone", None, (), None, False
    rates: Mapping[str, float] = MappingProxyType({"audio": float(RATE)})

    def notices(self) -> list[str]:
        return []


@pytest.fixture(scope="session", params=["vowels", "recordings"])
def conversation(request: pytest.FixtureRequest) -> Floats:
    """Three utterances, the last two with only a short pause between them."""
    if request.param == "vowels":
        parts = [vowels(2.7, 1), vowels(0.6, 2), vowels(4.4, 3)]
    else:
        shared: Path = request.getfixturevalue("shared_data")
        files = (shared / "speech" / "deeply_ko_read_subset" / "audio").glob("*.flac")
        shortest = sorted(files, key=lambda file: (file.stat().st_size, file.name))[:3]
        parts = [sf.read(file, dtype="float32")[0] for file in shortest]
    return np.concatenate([hush(0.7), parts[0], hush(1.5), parts[1], hush(0.2), parts[2], hush(1.3)])


@pytest.fixture
def plug(tmp_path):
    """Plug emulated devices in, each under a name of its own unless it is given one."""
    from devices.emulation.emulator import Emulator  # needs pseudo-terminals, which not every system has
    from devices.emulation.terminal import PseudoTerminal

    emulators = []

    def plugged(device, name=""):
        terminal = PseudoTerminal(tmp_path, name or f"usb-maeum_{len(emulators)}")
        emulators.append(Emulator(device, terminal))
        emulators[-1].start()
        return terminal

    yield plugged
    for emulator in emulators:
        emulator.stop()
