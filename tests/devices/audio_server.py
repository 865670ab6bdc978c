"""A PulseAudio server of the test's own, with one microphone into which a file can be played."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from ctypes.util import find_library
from pathlib import Path

PROGRAMS = ("pulseaudio", "pactl", "paplay")
ALSA = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"


def missing() -> str | None:
    """Say what this machine lacks for it, if anything."""
    absent = [program for program in PROGRAMS if not shutil.which(program)]
    if absent:
        return f"{', '.join(absent)} not installed"
    return None if find_library("portaudio") else "PortAudio is not installed"


class AudioServer:
    """Runs between `with` and its end; all its files are in one folder."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "sock"
        alsa = folder / "asound.conf"
        alsa.write_text(ALSA)
        self.environment = os.environ | {
            "HOME": str(folder),
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "PULSE_SERVER": f"unix:{self._socket}",
            "ALSA_CONFIG_PATH": str(alsa),
        }
        self._players: list[subprocess.Popen] = []

    def __enter__(self) -> "AudioServer":
        self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        for player in self._players:
            player.kill()
            player.wait()
        self.kill()

    def kill(self) -> None:
        """End the server as a crash does."""
        self._server.kill()
        self._server.wait()

    def restart(self) -> None:
        """Start a server and wait until it answers."""
        self._socket.unlink(missing_ok=True)
        protocol = f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"
        sink = "module-null-sink sink_name=mic rate=48000"
        self._server = self._begin(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"],
            ["-L", protocol, "-L", sink],
        )
        end = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < end, "the audio server does not answer"

    def play(self, wav: Path) -> None:
        """Let the microphone hear a file, from now on."""
        self._players.append(self._begin(["paplay", "--device=mic", str(wav)]))

    def _answers(self) -> bool:
        command = ["pactl", "set-default-source", "mic.monitor"]
        return self._begin(command).wait() == 0

    def _begin(self, command: list[str], options: Sequence[str] = ()) -> subprocess.Popen:
        return subprocess.Popen(
            [*command, *options], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
