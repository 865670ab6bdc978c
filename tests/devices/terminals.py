"""A program that believes its standard error to be a terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping


class OnTerminal:
    """A Python program with pipes for its input and output, and a pseudo-terminal for its errors."""

    def __init__(self, program: str, environment: Mapping[str, str] | None = None) -> None:
        self._far, near = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=near,
            text=True,
        )
        os.close(near)

    def line(self) -> str:
        """The next line that it prints."""
        return self._process.stdout.readline().rstrip("\n")

    def end(self, told: str = "") -> tuple[str, str]:
        """What it prints until its end after a last line from us, and all that its terminal has seen."""
        out, _ = self._process.communicate(told, timeout=60)
        return out.strip(), self._seen()

    def _seen(self) -> str:
        seen = b""
        while True:
            try:
                part = os.read(self._far, 65_536)
            except OSError:  # nobody holds the near end any more
                part = b""
            if not part:
                os.close(self._far)
                return seen.decode().replace("\r\n", "\n")
            seen += part
