"""How every command ends: an exit code, and one line where something is wrong."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DONE, FAILED, USAGE, MISSING = 0, 1, 2, 3
"""Exit codes; the last one when a required device or model is missing"""


def complain(error: Exception | str, code: int) -> int:
    """Say on standard error, in one line, what is wrong; return the exit code."""
    sys.stderr.write(f"maeum: {' '.join(str(error).split())}\n")
    return code


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Let Ctrl-C end a program that only loads yet: libraries make other errors of the one that Python raises."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        os.write(2, b"maeum: stopped\n")
        os._exit(FAILED)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
