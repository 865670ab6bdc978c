"""Call a function in an interpreter of its own: what it loads, and how it ends, is no matter of the caller's.

A pipe carries the call to the new process and stays open for as long as the caller lives: its end ends the new process
too. The other pipe carries back the error, if there is one. `multiprocessing` would not do, for Dask's workers are
daemons, which it lets start no processes.
"""

import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from threading import Thread
from typing import IO, Any, cast


def apart(function: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401 - whatever the function takes
    """Call a function of a module in a new interpreter, and wait until it is done.

    Raises
    ------
    BrokenExecutor
        When the process ended before the function did.
    Exception
        What the function raised, with its traceback as a note.
    """
    command = [sys.executable, "-m", "training.apart"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    calls, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    with process:
        with suppress(BrokenPipeError):
            calls.write(pickle.dumps((function, arguments)))
            calls.flush()
        answer = answers.read()
        # Before the pipe of the call is closed, which would end the process that has yet to return.
        code = process.wait()
    if code:
        raise BrokenExecutor(f"the process of a task ended with exit code {code}")
    error = pickle.loads(answer)  # noqa: S301 - of our own process
    if error is not None:
        raise error


def _answer() -> None:
    """Be the new process."""
    # Ctrl-C is for the caller, whose end is the end of this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "wb") as answers:
        # What libraries print must not get into the answer.
        os.dup2(2, 1)
        with os.fdopen(0, "rb", closefd=False) as calls:
            function, arguments = pickle.load(calls)  # noqa: S301 - of the process that started this one
        Thread(target=_end_with_the_caller, daemon=True).start()
        pickle.dump(_error(function, arguments), answers)


def _error(function: Callable[..., object], arguments: tuple[Any, ...]) -> Exception | None:
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - every error is the caller's
        error.add_note(traceback.format_exc())
        return error
    return None


def _end_with_the_caller() -> None:
    # Nothing more is ever sent, so that this returns when the pipe ends; not through `sys.stdin`, whose lock a thread
    # must not hold when the interpreter ends.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    _answer()
