"""`maeum simulate` and `maeum record --raw`: what they say, how they end, and that they fit together."""

import argparse
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from devices.block import Block
from devices.emulation.catalog import KINDS, channels, device
from devices.emulation.emulator import Emulator
from devices.emulation.scenario import shipped
from devices.emulation.terminal import PseudoTerminal
from devices.emulation.waveforms import Body
from devices.link.captured import read_capture
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.sensors.url import parse
from realtime import record_raw, simulate

PROGRAM = """
import argparse, sys
from realtime import record_raw, simulate
parser = argparse.ArgumentParser()
commands = parser.add_subparsers(dest="command")
simulate.add_parser(commands)
record_raw.add_parser(commands)
arguments = parser.parse_args()
sys.exit({"simulate": simulate, "record": record_raw}[arguments.command].run(arguments))
"""


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def run(*words):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    simulate.add_parser(commands)
    record_raw.add_parser(commands)
    arguments = parser.parse_args([*map(str, words)])
    return {"simulate": simulate, "record": record_raw}[arguments.command].run(arguments)


def started(*words):
    """The program in a process of its own, at the root of the repository."""
    command = [sys.executable, "-c", PROGRAM, *map(str, words)]
    return subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def offered(process):
    """The URL that a simulation says."""
    for line in process.stdout:
        if found := re.search(r"--sensor '([^']+)'", line):
            return found[1]
    raise AssertionError(process.stderr.read())


def test_its_words_are_those_of_the_emulation():
    """Protocols and scenarios are repeated in the command line's module, which imports nothing."""
    assert tuple(KINDS) == simulate.PROTOCOLS
    assert tuple(shipped()) == simulate.SCENARIOS


def test_it_prints_a_url_and_each_fault(capsys, tmp_path):
    """The URL can be pasted; faults are said as they happen; the end is summed up."""
    scenario = tmp_path / "short.toml"
    scenario.write_text('title = "Short"\n[[fault]]\nat = 0.1\nkind = "drop"\namount = 3\n')
    assert run("simulate", "bitalino", "--scenario", scenario, "--seconds", 0.5, "--link", "mine") == 0
    out = capsys.readouterr().out
    assert "BITalino (r)evolution on" in out
    assert ": Short" in out
    url = parse(re.search(r"--sensor '([^']+)'", out)[1])
    assert url.address == f"{tmp_path}/maeum/by-id/mine"
    assert [one.channel for one in url.wanted] == ["A3", "A2", "A1"]
    assert "0.1 s  3 bytes dropped" in out
    assert re.search(r"ended after \d s: 0 frames, 0.0 kB sent, 1 faults", out)
    assert not list((tmp_path / "maeum").rglob("*USB*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bitalino", "--scenario", "absent.toml"], "is not there; give a TOML file, or one of calm, faults"),
        (["bitalino", "--link", "a/b"], "a/b is no name for a link; choose another one by --link NAME"),
        (["bitalino", "file.wav"], "file.wav is for a microphone only; a scenario is given by --scenario"),
        (["microphone"], "say which file it hears: maeum simulate microphone FILE.wav"),
        (["microphone", "absent.wav"], "absent.wav is no file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words, said, capsys):
    """Exit code 2, and what to write instead."""
    assert run("simulate", *words) == 2
    assert said in capsys.readouterr().err


def test_without_an_audio_server_there_is_no_microphone(capsys, tmp_path, monkeypatch):
    """Exit code 3, and what to start or install."""
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"RIFF")
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    assert run("simulate", "microphone", sound) == 3
    assert re.search(r"no audio server answers|install the package pulseaudio-utils", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("protocol", "options", "expected"),
    [
        ("bitalino", {"plugged": {"A1": "eda.rev2016", "A3": "nothing"}}, "eda:A1/rev2016,ecg:A2"),
        ("lines", {"columns": {"GSR": "eda", "T": "temp"}}, "eda:GSR/uS,temp:T/degC"),
        ("cyton", {"analog": ("temp.ntc",)}, "ecg:1,temp:A5/ntc"),
        ("chords", {"pins": ("nothing", "eda")}, "eda:A1/rev2020"),
        ("shimmer3", {}, "eda:GSR,ecg:ExG1ch1"),
    ],
)
def test_the_url_asks_for_what_the_scenario_plugs_in(protocol, options, expected):
    """And for nothing else."""
    assert channels(protocol, options) == expected


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_it_cleanly(sent):
    """Exit code 0, the port gone, no traceback; a kill and a closed terminal do the same."""
    process = started("simulate", "lines", "--seed", 5)
    url = parse(offered(process))
    assert Path(url.address).exists()
    process.send_signal(sent)
    out, error = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "stopped" in out
    assert error == ""
    assert not Path(url.address).exists()


def test_a_recording_holds_what_the_device_sent(tmp_path):
    """`maeum record --raw` beside `maeum simulate`: bytes, times, and both directions."""
    simulation = started("simulate", "bitalino", "--seconds", 60)
    file = tmp_path / "bitalino.raw"
    try:
        recording = started("record", "--raw", file, "--sensor", offered(simulation), "--seconds", 2.5)
        out, error = recording.communicate(timeout=30)
    finally:
        simulation.send_signal(signal.SIGINT)
        simulation.communicate(timeout=10)
    assert recording.returncode == 0, error
    assert "B/s" in out
    captured = read_capture(file)
    assert b"BITalino_v5.2\n" in b"".join(one.data for one in captured.entries if one.direction == "<")
    assert sum(len(one.data) for one in captured.entries if one.direction == "<") > 1000


def test_a_recording_without_a_device_says_so(tmp_path, capsys):
    """Exit code 3 and what was looked for; an existing file is never overwritten."""
    url = f"serial://{tmp_path}/ttyUSB9?protocol=bitalino&channels=eda:A3"
    assert run("record", "--raw", tmp_path / "a.raw", "--sensor", url, "--seconds", 0.3) == 3
    assert "nothing came from the device" in capsys.readouterr().err
    assert run("record", "--raw", tmp_path / "a.raw", "--sensor", url) == 2
    assert "exists already" in capsys.readouterr().err
    assert run("record", "--raw", tmp_path / "b.raw", "--sensor", "serial://x?protocol=morse&channels=eda:A") == 2
    assert not (tmp_path / "b.raw").exists()


def test_every_device_streams_through_a_supervised_sensor(tmp_path):
    """All protocols at once, in real time: each stream wanted arrives, with values of the body."""
    clock, body = SessionClock(), Body(seed=3)
    came: queue.SimpleQueue = queue.SimpleQueue()
    emulators, sensors = [], []
    for protocol in KINDS:
        terminal = PseudoTerminal(tmp_path / protocol)
        emulators.append(Emulator(device(protocol, body, {}), terminal))
        url = parse(f"serial://{terminal.by_id}?protocol={protocol}&channels={channels(protocol, {})}")
        sensors.append(Sensor(url, clock, lambda reading, name=protocol: came.put((name, reading))))
    try:
        for one in (*emulators, *sensors):
            one.start()
        wanted = {(name, part.partition(":")[0]) for name in KINDS for part in channels(name, {}).split(",")}
        values: dict[tuple[str, str], list[float]] = {}
        end = time.monotonic() + 40.0
        while time.monotonic() < end and any(len(values.get(key, ())) < 8 for key in wanted):
            name, reading = came.get(timeout=20.0)
            if isinstance(reading, Block):
                values.setdefault((name, reading.stream), []).extend(reading.values.tolist())
    finally:
        for one in (*sensors, *emulators):
            one.stop()
    assert set(values) == wanted
    limits = {"eda": (0.5, 6.0), "ecg": (-0.6, 1.6), "temp": (31.0, 34.0)}
    for (_, stream), numbers in values.items():
        assert limits[stream][0] < np.median(numbers) < limits[stream][1]
    assert not [thread for thread in threading.enumerate() if thread.name == "emulator"]


@pytest.fixture
def audio_server(tmp_path, monkeypatch):
    """A PulseAudio of our own, without any device."""
    if shutil.which("pulseaudio") is None or shutil.which("parec") is None:
        pytest.skip("PulseAudio is not installed: apt install pulseaudio pulseaudio-utils")
    monkeypatch.setenv("PULSE_RUNTIME_PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PULSE_SERVER", raising=False)
    options = ["--daemonize=no", "--exit-idle-time=-1", "-n", "-L", "module-native-protocol-unix"]
    silent = subprocess.DEVNULL
    server = subprocess.Popen(["pulseaudio", *options], stdout=silent, stderr=silent)
    while subprocess.run(["pactl", "info"], stdout=silent, stderr=silent, check=False).returncode:
        if server.poll() is not None:
            pytest.skip("PulseAudio does not start here")
    yield
    server.terminate()
    server.wait(timeout=10)


@pytest.mark.usefixtures("audio_server")
def test_a_microphone_hears_a_file(tmp_path):
    """What a program records from the default source is what was played; afterwards the sink is gone."""
    import soundfile

    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000 * 4) / 16_000)
    soundfile.write(tmp_path / "tone.wav", tone, 16_000)
    process = started("simulate", "microphone", tmp_path / "tone.wav", "--seconds", 30)
    assert "tone.wav" in process.stdout.readline()
    assert re.fullmatch(r"maeum live --mic \w+\n", process.stdout.readline())
    with subprocess.Popen(
        ["parec", "--raw", "--format=float32le", "--rate=16000", "--channels=1", "--latency-msec=50"],
        stdout=subprocess.PIPE,
    ) as recorder:
        heard = np.frombuffer(recorder.stdout.read(16_000 * 4 * 2), np.float32)
        recorder.kill()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=10)
    assert (process.returncode, error) == (0, "")
    assert "stopped" in out
    loud = heard[np.abs(heard) > 0.01]
    assert len(loud) > 8000
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) / len(heard) * 16_000 == pytest.approx(440, abs=2)
    sinks = subprocess.run(["pactl", "list", "short", "sinks"], capture_output=True, text=True, check=True).stdout
    assert "maeum" not in sinks
