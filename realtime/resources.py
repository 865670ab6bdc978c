"""What a program takes of its computer over a long run: memory, threads, open files."""

import gc
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_MEMORY, _OPEN = Path("/proc/self/statm"), Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class Use:
    """What was in use at one moment."""

    t: float
    """Seconds of session time"""
    kilobytes: float
    """Resident memory; 0 where the system does not tell"""
    threads: int
    descriptors: int
    """Open files and sockets; 0 where the system does not tell"""


def used(t: float) -> Use:
    """What is in use now, once garbage has been collected."""
    gc.collect()
    pages = int(_MEMORY.read_text(encoding="ascii").split()[1]) if _MEMORY.exists() else 0
    page = os.sysconf("SC_PAGE_SIZE") if pages else 0
    descriptors = len(list(_OPEN.iterdir())) if _OPEN.exists() else 0
    return Use(t, pages * page / 1000.0, threading.active_count(), descriptors)


def slope(uses: Sequence[Use]) -> float:
    """Kilobytes by which memory grows in an hour of session time: the median over all pairs (Theil 1950, Sen 1968)."""
    t, kilobytes = np.array([(one.t, one.kilobytes) for one in uses]).reshape(-1, 2).T
    first, second = np.triu_indices(len(t), 1)
    apart = t[second] > t[first]
    if not apart.any():
        return 0.0
    slopes = (kilobytes[second] - kilobytes[first])[apart] / (t[second] - t[first])[apart]
    return float(np.median(slopes)) * 3600.0
