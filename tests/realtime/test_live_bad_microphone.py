"""Microphones that `maeum live` cannot use, with a PortAudio that behaves as its documentation says: one line each."""

from pathlib import Path

import pytest

from realtime.cli import main
from realtime.ending import MISSING

REFUSING = """
class PortAudioError(Exception):
    pass

DEVICE = {"index": 0, "name": "Built-in", "default_samplerate": 44_100.0, "max_input_channels": 2, "hostapi": 0}

def query_devices(kind=None):
    return DEVICE if kind else [DEVICE]

def query_hostapis(index):
    return {"name": "ALSA"}

def InputStream(**options):
    raise PortAudioError("Error opening InputStream: WORDS", NUMBER, (0, NUMBER, "WORDS"))
"""
"""sounddevice with one input, which PortAudio refuses to open: words, its number, and the host's index and so on"""


@pytest.fixture
def complaint(capsys, monkeypatch, tmp_path: Path):
    """The line with which a session on a microphone ends, where this is sounddevice."""
    monkeypatch.setattr("devices.live.OPEN_S", 0.3)

    def complained(sounddevice: str) -> str:
        (tmp_path / "sounddevice.py").write_text(sounddevice)
        monkeypatch.syspath_prepend(tmp_path)
        assert main(["live", "--no-dashboard", "--whisper", "off"]) == MISSING
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        return said

    return complained


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (-9997, "Invalid sample rate"),
        (-9998, "Invalid number of channels"),
        (-9985, "Device unavailable"),
        (-9999, "Unanticipated host error"),
    ],
)
def test_a_microphone_that_is_refused(complaint, number, words):
    """Its name, what is wrong in our words, and PortAudio's own."""
    said = complaint(REFUSING.replace("NUMBER", str(number)).replace("WORDS", words))
    assert said.startswith("maeum: microphone Built-in: ")
    assert words in said


def test_a_computer_without_portaudio(complaint):
    """The package to install is named, and that sensors alone are enough."""
    said = complaint("raise OSError('PortAudio library not found')")
    assert "apt install libportaudio2" in said
    assert "--mic off" in said


def test_a_sound_system_that_takes_its_process_with_it(complaint):
    """The program says so, and goes on to its end."""
    said = complaint("import os\nos.abort()")
    assert "the sound system has crashed (signal 6)" in said
