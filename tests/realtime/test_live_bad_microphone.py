"""Microphones that `maeum live` cannot use, with a PortAudio that behaves as its documentation says: one line each."""

import sys
from types import SimpleNamespace

import pytest

from realtime.cli import main
from realtime.ending import MISSING

_DEVICE = {"index": 0, "name": "Built-in", "default_samplerate": 44_100.0, "max_input_channels": 2, "hostapi": 0}


class PortAudioError(Exception):
    """As sounddevice has it: words, PortAudio's number, and the host's index, number and words."""


def portaudio(number: int, words: str) -> SimpleNamespace:
    """A PortAudio of one input, which it refuses to open."""

    def refuse(**_options: object) -> None:
        raise PortAudioError(f"Error opening InputStream: {words}", number, (0, number, words))

    return SimpleNamespace(
        PortAudioError=PortAudioError,
        InputStream=refuse,
        query_devices=lambda kind=None: _DEVICE if kind else [_DEVICE],
        query_hostapis=lambda _index: {"name": "ALSA"},
        _initialized=False,
        _initialize=lambda: None,
        _terminate=lambda: None,
    )


@pytest.fixture
def complaint(capsys, monkeypatch):
    """The line with which a session on a microphone ends."""
    monkeypatch.setattr("devices.live.OPEN_S", 0.3)

    def complained() -> str:
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
def test_a_microphone_that_is_refused(complaint, monkeypatch, number, words):
    """Its name, what is wrong in our words, and PortAudio's own."""
    monkeypatch.setitem(sys.modules, "sounddevice", portaudio(number, words))
    said = complaint()
    assert said.startswith("maeum: microphone Built-in: ")
    assert words in said


def test_a_computer_without_portaudio(complaint, monkeypatch):
    """The package to install is named, and that sensors alone are enough."""

    def absent(_name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr("devices.portaudio.import_module", absent)
    said = complaint()
    assert "apt install libportaudio2" in said
    assert "--mic off" in said
