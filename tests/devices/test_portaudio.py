"""Inputs of a real PulseAudio server that cannot be opened: one line each that says what to do.

PortAudio reads where ALSA's settings are when it is loaded, so every attempt is made in a process of its own.
"""

from pathlib import Path

import pytest

from tests.devices.audio_server import AudioServer, missing
from tests.devices.terminals import OnTerminal

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")

OPENING = """
import sys
from dataclasses import replace
from devices.library_words import kept_aside
from devices.portaudio import MicrophoneUnavailable, inputs, open_input

there = next(one for one in inputs() if one.default)
print(there.rate, flush=True)
changed = replace(there, **eval(sys.stdin.readline()))
try:
    with kept_aside():
        open_input(changed, lambda *_: None, lambda: None).close()
    print("opened")
except MicrophoneUnavailable as error:
    print(error)
"""


class Opening:
    """A process that opens the default input, changed, when it is told to."""

    def __init__(self, server: AudioServer) -> None:
        self._program = OnTerminal(OPENING, server.environment)
        assert int(self._program.line()) > 0

    def told(self, **changes: int) -> str:
        """What becomes of it; nothing else may be seen."""
        out, seen = self._program.end(f"{changes}\n")
        assert seen == ""
        return out


def test_an_input_is_opened(tmp_path: Path):
    with AudioServer(tmp_path) as server:
        assert Opening(server).told() == "opened"


@pytest.mark.parametrize("rate", [7, 1_000_000])
def test_a_rejected_sample_rate_is_named_with_what_to_do(tmp_path: Path, rate: int):
    with AudioServer(tmp_path) as server:
        said = Opening(server).told(rate=rate)
    assert said.startswith(f"rejects {rate} Hz, its own sample rate: set another in the system's settings, or choose")
    assert "Invalid sample rate" in said


def test_a_refusal_names_what_the_sound_system_says(tmp_path: Path):
    """The server has gone since the inputs were listed: PortAudio's own words would lead nowhere."""
    with AudioServer(tmp_path) as server:
        opening = Opening(server)
        server.kill()
        said = opening.told()
    assert said.startswith("is refused by the system: look whether its sound server runs and lets programs record (")
    assert "PulseAudio: Unable to connect: Connection refused" in said


def test_an_input_that_has_gone_is_refused(tmp_path: Path):
    with AudioServer(tmp_path) as server:
        assert "is refused by the system" in Opening(server).told(index=99)
