"""PortAudio in a process of its own, which can be ended whatever has become of it.

A sound server that dies leaves PortAudio's ALSA part waiting for ever now and then: in `Pa_StartStream`, for a lock
that a thread took with it when it ended. PulseAudio's plugin may even abort its process. Here neither costs more than
that one process: the next begins anew, with a new list of devices. `devices.sound_child` is the other end.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from devices.portaudio import Heard, Input, MicrophoneUnavailable
from devices.source import SourceError

LIST_S, OPEN_S = 8.0, 3.0
"""For a process to begin and list the inputs, and for an input to open; a sound server that has just begun is slow"""
_KILLED_S = 0.5
_PROGRAM = "import sys; sys.path[:] = {path!r}; from devices.sound_child import main; main()"


class SoundProcess:
    """Where microphones are, as `devices.portaudio` tells of them; one input can be open at a time."""

    def __init__(self) -> None:
        self._child: _Child | None = None

    def inputs(self) -> list[Input]:
        """List the inputs that were there when the process began.

        Raises
        ------
        MicrophoneUnavailable
        """
        if self._child is None or not self._child.active:
            self._child = _Child()
        return self._child.inputs()

    def refresh(self) -> None:
        """Let the next question be answered by a new process."""
        if self._child is not None:
            self._child.close()

    def open_input(self, source: Input, hear: Callable[[Heard], None], finished: Callable[[], None]) -> "_Child":
        """Open and start an input; closing what is returned ends the process.

        Parameters
        ----------
        source
            One of `inputs`.
        hear
            Called in a thread with each callback's sound.
        finished
            Called when no more will come, for whatever reason.

        Raises
        ------
        MicrophoneUnavailable
        """
        self.inputs()
        assert self._child is not None  # noqa: S101 - for mypy
        self._child.open(source, hear, finished)
        return self._child


class _Child:
    """One process; killed when it does not answer in time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and a closed terminal are for us
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )
        self.active = True
        self._hear: Callable[[Heard], None] = lambda heard: None  # noqa: ARG005 - nobody listens yet
        self._finished: Callable[[], None] = lambda: None
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._inputs: list[Input] | None = None
        threading.Thread(target=self._read, name="sound process", daemon=True).start()

    def inputs(self) -> list[Input]:
        """Those that it began with."""
        if self._inputs is None:
            self._inputs = self._answer(LIST_S)
        return self._inputs

    def open(self, source: Input, hear: Callable[[Heard], None], finished: Callable[[], None]) -> None:
        """Let it open an input."""
        self._hear, self._finished = hear, finished
        with suppress(OSError):  # it has ended, which the answer tells
            pickle.dump(source, self._process.stdin)  # type: ignore[arg-type]  # it is a pipe
            self._process.stdin.flush()  # type: ignore[union-attr]  # as above
        self._answer(OPEN_S)

    def close(self) -> None:
        """End it; the system takes the device away from it."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILLED_S)

    def _answer(self, seconds: float) -> Any:  # noqa: ANN401 - whatever was asked for
        """Wait for what it answers."""
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            answer = MicrophoneUnavailable("the sound system does not answer")
        if answer is None:
            answer = MicrophoneUnavailable(f"the sound system has crashed{self._how()}")
        if isinstance(answer, SourceError):
            self.close()
            raise answer
        return answer

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_KILLED_S)
            return f" (signal {-code})" if code < 0 else f" (exit code {code})"
        return ""

    def _read(self) -> None:
        """Pass on what it tells, until it ends, be it in mid-sentence."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - for mypy
        assert stdout is not None  # noqa: S101 - for mypy
        with stdout, suppress(EOFError, OSError, pickle.UnpicklingError):
            while (told := pickle.load(stdout)) is not None:  # noqa: S301 - ourselves
                self._hear(told) if isinstance(told, Heard) else self._answers.put(told)
        self.active = False
        self._answers.put(None)
        self._finished()
        with suppress(OSError):
            stdin.close()
