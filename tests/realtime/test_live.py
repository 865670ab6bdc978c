import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")


@pytest.mark.skipif(sys.platform != "linux", reason="emulated devices need pseudo-terminals as Linux has them")
def test_an_emulated_sensor_is_felt_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A BITalino on a pseudo-terminal reaches the labels: its body warms up, and Ctrl-C ends with the summary."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # where the port is, apart from those of other programs
    simulate = [*MAEUM, "simulate", "bitalino", "--link", "felt"]
    with subprocess.Popen(simulate, stdout=subprocess.PIPE, text=True) as device:
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
    assert all(value > -2.0 for latency in labels for value in latency.values())  # a block ends a sample after its last
