"""What C libraries write to the terminal behind Python's back: kept off the screen, and there for who asks why.

PortAudio, ALSA and PulseAudio report on file descriptor 2, where a dashboard would be smeared.
"""

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LINES = 20
_PIPE = 65_536
_reading: list[int] = []
"""The end of the pipe on which descriptor 2 is heard, while it is"""


@contextmanager
def kept_aside(*, everywhere: bool = False) -> Iterator[None]:
    """Take descriptor 2 off the terminal; `sys.stderr` stays on it, so that our own lines come.

    A library that crashes is told of there as well, by Python, since its own last words would be lost. Where the
    descriptor leads elsewhere, as into a file, nothing is done unless `everywhere`: somebody wants to read it there.
    """
    if not ((everywhere or os.isatty(2)) and hasattr(os, "set_blocking")):  # Windows has no such pipes
        yield
        return
    terminal, ours, (heard, into) = os.dup(2), sys.stderr, os.pipe()
    for end in (heard, into):
        os.set_blocking(end, False)  # a full pipe takes no more, and nobody waits for a reader
    os.dup2(into, 2)
    os.close(into)
    _reading.append(heard)
    sys.stderr = os.fdopen(terminal, "w", buffering=1, errors="backslashreplace")
    faulthandler.enable(sys.stderr)
    try:
        yield
    finally:
        faulthandler.disable()
        os.dup2(terminal, 2)
        sys.stderr.close()
        sys.stderr = ours
        os.close(_reading.pop())


def last_words() -> list[str]:
    """The last lines that have come since this was asked, oldest first; none while nothing is kept aside."""
    said = b""
    for end in _reading:
        try:
            said = os.read(end, _PIPE)  # all that a pipe holds
        except BlockingIOError:
            continue
    return [line for line in said.decode(errors="replace").splitlines() if line.strip()][-_LINES:]
