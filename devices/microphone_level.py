"""How loud it is at each microphone: a short listen, so that a person sees which one hears and which one is silent."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from devices.audio_file import Audio
from devices.portaudio import Heard, Input, open_input
from devices.source import SourceError

HEAR_S = 0.5
"""Of sound from each microphone"""
_PATIENCE_S = 3.0
"""For it to come: the first stream to a sound server may take two seconds to begin"""


@dataclass(frozen=True, slots=True)
class Level:
    """What was heard of one microphone."""

    source: Input
    rms: float | None = None
    """Root of the mean square, 0 to 1; exactly 0 where every sample is; None where nothing was heard"""
    problem: str = ""
    """Why nothing was heard"""


def hear(source: Input, seconds: float = HEAR_S) -> Level:
    """Listen to one input."""
    heard: list[Audio] = []
    enough = threading.Event()

    def called(one: Heard) -> None:
        heard.append(one.values)
        if sum(map(len, heard)) >= seconds * source.rate:
            enough.set()

    try:
        stream = open_input(source, called, enough.set)
    except SourceError as error:
        return Level(source, problem=str(error))
    enough.wait(_PATIENCE_S)
    stream.close()
    if not heard:
        return Level(source, problem="gives nothing")
    return Level(source, float(np.sqrt(np.mean(np.square(np.concatenate(heard), dtype=np.float64)))))


def hear_all(sources: Sequence[Input], seconds: float, done: Callable[[], None] = lambda: None) -> list[Level]:
    """Listen to inputs one after the other, since several may be one microphone; the default comes first.

    Parameters
    ----------
    sources
        Inputs.
    seconds
        For all of them.
    done
        Called as each one has been heard.
    """
    levels = [Level(source, problem="not listened to: no time") for source in sources]
    end = time.monotonic() + seconds

    def one_by_one() -> None:
        for place in sorted(range(len(sources)), key=lambda place: not sources[place].default):
            if time.monotonic() >= end:
                return
            levels[place] = replace(levels[place], problem="does not open in time")
            levels[place] = hear(sources[place])
            done()

    thread = threading.Thread(target=one_by_one, daemon=True)
    thread.start()
    thread.join(seconds)
    return list(levels)
