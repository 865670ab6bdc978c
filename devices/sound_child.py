"""The other end of `devices.sound_process`: tells the inputs, opens the one that is wanted, passes on what it hears.

What is told is pickled, one thing after the other: the list of inputs, or why there is none; True when an input is
open, or why it is not; `Heard`, and None at the end of the stream.
"""

import os
import pickle
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue
from typing import BinaryIO

from devices.library_words import kept_aside
from devices.portaudio import Heard, Input, inputs, open_input
from devices.source import SourceError

MOST_WAITING = 500
"""Callbacks that nobody has taken, ten seconds of them; what comes then is lost, and that is told"""

Told = SimpleQueue[object]


def main() -> None:
    """Serve until whoever began us closes our standard input, or is no more."""
    told: Told = SimpleQueue()
    out = os.fdopen(os.dup(1), "wb")
    with kept_aside(everywhere=True):
        os.dup2(2, 1)  # libraries say nothing there
        threading.Thread(target=_tell, args=(told, out), daemon=True).start()
        told.put(_tried(inputs))
        try:
            source: Input = pickle.load(sys.stdin.buffer)  # noqa: S301 - from whoever began us
            told.put(_tried(lambda: _open(source, told)))
            sys.stdin.buffer.read()
        except (EOFError, OSError):
            pass
        os._exit(0)  # PortAudio would end its streams, and may wait for ever


class Ear:
    """Takes what is heard as long as somebody takes it from us."""

    def __init__(self, told: Told) -> None:
        self._told, self._missed = told, False

    def hear(self, heard: Heard) -> None:
        """Pass on one callback."""
        if self._told.qsize() >= MOST_WAITING:
            self._missed = True
            return
        self._told.put(replace(heard, overflowed=True) if self._missed else heard)
        self._missed = False


def _open(source: Input, told: Told) -> object:
    """Open an input for as long as we live."""
    _streams.append(open_input(source, Ear(told).hear, lambda: told.put(None)))
    return True


_streams: list[object] = []
"""sounddevice needs somebody who holds them"""


def _tried(act: Callable[[], object]) -> object:
    try:
        return act()
    except SourceError as error:
        return error


def _tell(told: Told, out: BinaryIO) -> None:
    """Write until nobody reads any more."""
    while True:
        try:
            pickle.dump(told.get(), out, pickle.HIGHEST_PROTOCOL)
            out.flush()
        except OSError:
            os._exit(0)
