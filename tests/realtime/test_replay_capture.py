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

from devices.emulation.catalog import device
from devices.emulation.waveforms import Body
from devices.link.capture import Capture, Tapped
from devices.link.script import Conversation
from devices.sensors.catalog import driver
from devices.sensors.url import parse
from tests.benchmarks.emulated_streams import Wire
from tests.test_end_to_end import lines, maeum, without_latency

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="emulated devices need pseudo-terminals as Linux has")
MAEUM = Path(sys.executable).with_name("maeum")
MINUTE = 60.0


@pytest.fixture(scope="module")
def capture(tmp_path_factory) -> Path:
    """A minute of an emulated BITalino, in a moment: its time passes while it is read."""
    file = tmp_path_factory.mktemp("capture") / "bitalino.raw"
    url = parse("serial:///dev/ttyUSB0?protocol=bitalino&channels=eda:A3,ecg:A2,temp:A1")
    wire = Wire(device("bitalino", Body(seed=7), {}))
    capture = Capture(file, url.text, lambda: wire.now)
    port = Tapped(wire, capture)
    port.open()
    Conversation(port, lambda: wire.now).run(driver(url.protocol, url.wanted, url.options).start())
    while wire.now < MINUTE:
        port.read()
    capture.close()
    return file


def bodies(text: str) -> list[dict]:
    """What the body said at each label."""
    return [one["modalities"]["bio"] for one in lines(text) if one["type"] == "label"]


def test_what_was_recorded_is_played_again(tmp_path):
    """The bytes of a device on a port give labels from the file alone."""
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    with subprocess.Popen([MAEUM, "simulate", "bitalino"], stdout=subprocess.PIPE, text=True, env=environment) as board:
        url = next(line for line in board.stdout if "serial://" in line).split("'")[1]
        done = maeum("record", "--raw", tmp_path / "sent.raw", "--sensor", url, "--seconds", 4)
        board.send_signal(signal.SIGINT)
    assert done.returncode == 0, done.stderr
    played = maeum("replay", tmp_path / "sent.raw", "--speed", "max", "--transcripts", "off")
    assert played.returncode == 0, played.stderr
    assert bodies(played.stdout)[-1]["reason"] == "warming up"


def test_a_capture_gives_labels_alone_the_same_at_any_speed(capture):
    """The emulated body warms up, then votes; nothing but latencies differs between speeds."""
    fast, paced = (maeum("replay", capture, "--speed", speed, "--transcripts", "off") for speed in ("max", "16"))
    assert fast.returncode == paced.returncode == 0, fast.stderr
    said = bodies(fast.stdout)
    assert said[10]["reason"] == "warming up"
    assert said[-1]["probabilities"]
    assert without_latency(fast.stdout) == without_latency(paced.stdout)


def test_a_capture_gives_labels_beside_an_audio_file(capture, tmp_path):
    """The session lasts as long as the sound; when the capture ends before, the body is missing from there on."""
    wav = tmp_path / "hush.wav"
    soundfile.write(wav, np.random.default_rng(1).normal(0, 1e-3, 16_000 * 64), 16_000)
    fast, paced = (
        maeum("replay", wav, "--bio", capture, "--speed", speed, "--transcripts", "off") for speed in ("max", "16")
    )
    assert fast.returncode == 0, fast.stderr
    assert len(bodies(fast.stdout)) == 128
    assert bodies(fast.stdout)[110]["probabilities"]
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
