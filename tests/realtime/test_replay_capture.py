"""`maeum simulate`, `record --raw` and `replay`: what somebody with a device sends is played by one without."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.test_end_to_end import lines, maeum, without_latency

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="emulated devices need pseudo-terminals as Linux has")
SECONDS = 12.5
"""After 10 s the body can be scored"""
TRUST = ("--set", "body.least=0")
"""Let it vote at once, however little is known of it"""


@pytest.fixture(scope="module")
def capture(tmp_path_factory) -> Path:
    """Bytes of an emulated BITalino."""
    folder = tmp_path_factory.mktemp("capture")
    program = Path(sys.executable).with_name("maeum")
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder)}
    with subprocess.Popen(
        [program, "simulate", "bitalino", "--seed", "7"], stdout=subprocess.PIPE, text=True, env=environment
    ) as device:
        url = next(line for line in device.stdout if "serial://" in line).split("'")[1]
        done = maeum("record", "--raw", folder / "bitalino.raw", "--sensor", url, "--seconds", SECONDS)
        device.send_signal(signal.SIGINT)
    assert done.returncode == 0, done.stderr
    return folder / "bitalino.raw"


def bodies(text: str) -> list[dict]:
    """What the body said at each label."""
    return [one["modalities"]["bio"] for one in lines(text) if one["type"] == "label"]


def test_a_capture_gives_labels_alone_the_same_at_any_speed(capture):
    """The emulated body warms up, then votes; nothing but latencies differs between speeds."""
    fast, paced = (maeum("replay", capture, "--speed", speed, *TRUST) for speed in ("max", "8"))
    assert fast.returncode == paced.returncode == 0, fast.stderr
    said = bodies(fast.stdout)
    assert said[len(said) // 2]["reason"] == "warming up"
    assert said[-1]["probabilities"]
    assert without_latency(fast.stdout) == without_latency(paced.stdout)


def test_a_capture_gives_labels_beside_an_audio_file(capture, tmp_path):
    """The session lasts as long as the sound; when the capture ends before, the body is missing from there on."""
    wav = tmp_path / "hush.wav"
    soundfile.write(wav, np.random.default_rng(1).normal(0, 1e-3, 16_000 * 16), 16_000)
    fast, paced = (
        maeum("replay", wav, "--bio", capture, "--speed", speed, "--transcripts", "off", *TRUST)
        for speed in ("max", "16")
    )
    assert fast.returncode == 0, fast.stderr
    assert len(bodies(fast.stdout)) == 32
    assert bodies(fast.stdout)[24]["probabilities"]
    ended = [one for one in lines(fast.stdout) if one["type"] == "gap" and one["reason"] == "the capture is over"]
    assert {one["stream"] for one in ended} == {"eda", "ecg", "temp"}
    assert without_latency(fast.stdout) == without_latency(paced.stdout)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ({"version": 2}, "a raw capture of version 2, not 1"),
        ({"url": "serial:///dev/x?protocol=bitalino&channels=eda:B9"}, "BITalino has no channel 'B9'"),
        ({}, "nothing in it is of a BITalino"),
    ],
)
def test_a_capture_that_cannot_be_played_is_refused_in_one_line(head, words, tmp_path):
    """Alone and beside sound, with the file's name and what is wrong."""
    usual = {"maeum": "raw capture", "version": 1, "url": "serial:///dev/x?protocol=bitalino&channels=eda:A3"}
    file, wav = tmp_path / "sent.raw", tmp_path / "hush.wav"
    file.write_text(json.dumps(usual | head) + "\n")
    soundfile.write(wav, np.zeros(16_000), 16_000)
    for arguments in ([file], [wav, "--bio", file]):
        done = maeum("replay", *arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert "sent.raw" in done.stderr
        assert done.stderr.count("\n") == 1
