"""A microphone that hears a file: a null sink of PulseAudio or PipeWire, whose monitor programs record from.

Both servers are spoken to by `pactl` and `paplay`, the tools that they share.
"""

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

SINK = "maeum_microphone"
_POLL_S = 0.2


class NoAudioServer(RuntimeError):
    """There is no server that could have a virtual microphone; the message says what to do."""


class NotPlayable(ValueError):
    """The server cannot play a file; the message says why."""


class VirtualMicrophone:
    """A null sink while it is entered, its monitor the default source; everything is put back on leaving."""

    def __init__(self) -> None:
        self._module = ""
        self._before = ""

    def __enter__(self) -> Self:
        """Load the sink, unless it is there, and let recording programs hear it.

        Raises
        ------
        NoAudioServer
        """
        if missing := [tool for tool in ("pactl", "paplay") if shutil.which(tool) is None]:
            raise NoAudioServer(f"{missing[0]} is not installed: install the package pulseaudio-utils")
        if _pactl("info") is None:
            raise NoAudioServer(
                "no audio server answers; start PulseAudio (pulseaudio --start) or PipeWire (with pipewire-pulse)"
            )
        if SINK not in (_pactl("list", "short", "sinks") or ""):
            self._module = _pactl("load-module", "module-null-sink", f"sink_name={SINK}") or ""
            if not self._module:
                raise NoAudioServer("the audio server loads no null sink: pactl load-module module-null-sink failed")
        self._before = _pactl("get-default-source") or ""
        _pactl("set-default-source", f"{SINK}.monitor")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unload the sink and give programs their microphone back; a server that has gone needs neither."""
        if self._before:
            _pactl("set-default-source", self._before)
        if self._module:
            _pactl("unload-module", self._module)

    def play(self, file: Path, going: Callable[[], bool]) -> None:
        """Let the microphone hear a file once, while `going` says so.

        Raises
        ------
        NotPlayable
        """
        command = ["paplay", f"--device={SINK}", str(file)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as player:  # noqa: S603 - a fixed program
            try:
                while going() and not _ended(player):
                    pass
            finally:
                player.terminate()
            said = player.stderr.read().strip() if player.stderr else ""
        if player.returncode > 0:
            raise NotPlayable(f"{file} cannot be played: {said.splitlines()[-1] if said else 'paplay failed'}")


def portaudio_name() -> str:
    """Return by which name PortAudio finds the server's default source: `pulse` or `pipewire`, else `default`."""
    with suppress(ImportError, OSError):
        import sounddevice

        names = [str(device["name"]) for device in sounddevice.query_devices() if device["max_input_channels"]]
        return next((name for name in ("pulse", "pipewire") if name in names), "default")
    return "default"


def _ended(player: "subprocess.Popen[str]") -> bool:
    with suppress(subprocess.TimeoutExpired):
        player.wait(_POLL_S)
        return True
    return False


def _pactl(*arguments: str) -> str | None:
    """Return what `pactl` prints, None when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            ["pactl", *arguments],  # noqa: S607 - wherever the system has it
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
