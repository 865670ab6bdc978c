import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")
ABSENT = "serial:///dev/maeum-nothing?protocol=bitalino&channels=eda:A3"


def maeum(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*MAEUM, *arguments], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--mic", "off"], 2, "nothing is left to listen to"),
        (["--mic", "off", "--sensor", "foo"], 2, "must begin with serial://"),
        (["--mic", "off", "--sensor", ABSENT.replace("bitalino", "morse")], 2, "bitalino"),
        (["--mic", "off", "--sensor", ABSENT], 3, "no such port"),
        (["--mic", "off", "--sensor", ABSENT, "--sensor", ABSENT], 2, "both give eda"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(arguments, code, words):
    """Each mistake has its line and its exit code, and no traceback."""
    done = maeum("live", "--no-dashboard", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="emulated devices need pseudo-terminals as Linux has them")
def test_an_emulated_sensor_is_felt_live(tmp_path: Path):
    """A BITalino on a pseudo-terminal reaches the labels: its body warms up, and Ctrl-C ends with the summary."""
    with subprocess.Popen([*MAEUM, "simulate", "bitalino"], stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        url = next(line for line in device.stdout if "serial://" in line).split("'")[1]
        labels = tmp_path / "labels.jsonl"
        command = [*MAEUM, "live", "--mic", "off", "--sensor", url, "--no-dashboard", "--labels", str(labels)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as session:
            assert session.stdout is not None
            felt = any('"warming up"' in line for line in session.stdout)
            session.send_signal(signal.SIGINT)
            session.communicate(timeout=60)
        device.send_signal(signal.SIGINT)
    lines = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    assert felt
    assert session.returncode == 0
    assert lines[0]["source"] == "live"
    states = [line for line in lines if line["type"] == "device"]
    assert [state["state"] for state in states][-1] == "streaming"
    summary = lines[-1]
    assert summary["type"] == "summary"
    assert summary["dropped"] == {}
    (device,) = summary["devices"]
    assert device["device"] == states[0]["device"]
    assert (device["lost"], device["reconnects"], device["problem"]) == (0, 0, None)
    assert summary["latency_ms"]["label"]["p50"] >= 0.0
    labels = [line["latency_ms"] for line in lines if line["type"] == "label"]
    assert all(value >= 0.0 for latency in labels for value in latency.values())
