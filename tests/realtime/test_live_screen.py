"""The dashboard of a live session on a real terminal, as a person sees it."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.devices.audio_server import AudioServer, missing
from tests.realtime.test_dashboard_terminal import Pty

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="emulated devices need pseudo-terminals as Linux has")


@pytest.fixture
def terminal():
    one = Pty()
    yield one
    one.hang_up()


@contextmanager
def live(terminal: Pty, *options: str, environment: Mapping[str, str] | None = None):
    """`maeum live` on a terminal of its own, ended by Ctrl-C."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.file)
    session = subprocess.Popen([*MAEUM, "live", "--whisper", "off", *options], env=environment, **streams)
    try:
        yield session
        session.send_signal(signal.SIGINT)
        terminal.read_until("reference")
        assert session.wait(20) == 0
    finally:
        session.kill()
        session.wait()


def test_a_device_is_seen_streaming_and_lost(terminal: Pty):
    """Its row says what it does, and why not; the summary what it came to."""
    with subprocess.Popen(
        [*MAEUM, "simulate", "bitalino", "--link", "shown"], stdout=subprocess.PIPE, text=True
    ) as device:
        url = next(line for line in device.stdout if "serial://" in line).split("'")[1]
        with live(terminal, "--mic", "off", "--sensor", url):
            terminal.read_until("● streaming")
            device.send_signal(signal.SIGINT)
            terminal.read_until("✗ lost")
            terminal.read_until("unplugged")


@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_a_sound_system_that_complains_does_not_smear_the_screen(terminal: Pty, tmp_path: Path):
    """A server that dies makes ALSA and PortAudio write to the terminal; a muted microphone is seen, and its end."""
    with AudioServer(tmp_path) as server, live(terminal, environment=server.environment):
        terminal.read_until("◐ streaming")
        server.kill()
        seen = terminal.read_until("✗ lost")
        server.restart()
        seen += terminal.read_until("● streaming")
        if "samples lost in" not in seen:  # told just after it, maybe in the next picture
            seen += terminal.read_until("samples lost in")
    assert "ALSA lib" not in seen
    assert "Expression" not in seen
