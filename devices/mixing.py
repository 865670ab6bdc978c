"""Pieces of sound placed on one time line, mixed where they overlap."""

from collections.abc import Iterable, Iterator

import numpy as np

from devices.audio_file import RATE, Audio

_SILENCE = np.zeros(RATE, np.float32)


def placed(pieces: Iterable[tuple[int, Audio]], length: int) -> Iterator[Audio]:
    """Yield `length` consecutive samples, in chunks, with each piece at its place and zeros between.

    Parameters
    ----------
    pieces
        Index of the first sample, and samples; in order of index. What lies past `length` is cut.
    length
        Samples.
    """
    done, pending = 0, _SILENCE[:0]
    for start, samples in pieces:
        ready = min(start - done, len(pending))
        yield pending[:ready]
        yield from _silence(min(start, length) - done - ready)
        pending, done = _mixed(pending[ready:], samples), start
    yield pending[: max(0, length - done)]
    yield from _silence(length - done - len(pending))


def _silence(samples: int) -> Iterator[Audio]:
    for start in range(0, samples, len(_SILENCE)):
        yield _SILENCE[: min(len(_SILENCE), samples - start)]


def _mixed(one: Audio, other: Audio) -> Audio:
    if not len(one):
        return other
    both = np.zeros(max(len(one), len(other)), np.float32)
    both[: len(one)] += one
    both[: len(other)] += other
    return np.clip(both, -1.0, 1.0)
