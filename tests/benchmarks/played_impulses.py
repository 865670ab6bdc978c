"""Impulses played into a sink of PulseAudio at known moments: what a microphone hears can be held against them."""

import ctypes
import os
import threading
import time

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
CHUNK = RATE // 100
EVERY = 13
"""Chunks of 10 ms between two impulses"""
QUIET = 50
"""Chunks before the first"""
_PLAYBACK, _FLOAT32, _DEFAULT = 1, 5, 2**32 - 1


class _Spec(ctypes.Structure):
    _fields_ = [("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8)]


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize")]


class Impulses:
    """Plays from entering until leaving; PulseAudio says of each chunk how long it will wait until it is heard."""

    def __init__(self, sink: str = "mic") -> None:
        self._pulse = ctypes.CDLL("libpulse-simple.so.0")
        self._pulse.pa_simple_new.restype = ctypes.c_void_p
        self._pulse.pa_simple_get_latency.restype = ctypes.c_uint64
        self._sink = sink.encode()
        self._played: list[float] = []
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._play)

    def __enter__(self) -> "Impulses":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join()

    @property
    def played(self) -> NDArray[np.float64]:
        """[n] readings of the monotonic clock at which each impulse was heard, seconds."""
        return np.array(self._played)

    def _play(self) -> None:
        error = ctypes.c_int()
        stream = ctypes.c_void_p(self._opened(error))
        hush = np.zeros(CHUNK, np.float32)
        impulse = hush.copy()
        impulse[0] = 0.9
        number = 0
        while not self._leave.is_set():
            is_impulse = number >= QUIET and number % EVERY == 0
            waits_us = self._pulse.pa_simple_get_latency(stream, ctypes.byref(error))
            if is_impulse:
                self._played.append(time.monotonic() + 1e-6 * waits_us)
            sound = impulse if is_impulse else hush
            self._pulse.pa_simple_write(
                stream, ctypes.c_void_p(sound.ctypes.data), ctypes.c_size_t(sound.nbytes), ctypes.byref(error)
            )
            number += 1
        self._pulse.pa_simple_free(stream)

    def _opened(self, error: ctypes.c_int) -> int:
        spec = _Spec(_FLOAT32, RATE, 1)
        attributes = _Attributes(_DEFAULT, 4 * 4 * CHUNK, _DEFAULT, 4 * CHUNK, _DEFAULT)
        server = os.environ["PULSE_SERVER"].encode()
        stream = self._pulse.pa_simple_new(
            server,
            b"impulses",
            _PLAYBACK,
            self._sink,
            b"impulses",
            ctypes.byref(spec),
            None,
            ctypes.byref(attributes),
            ctypes.byref(error),
        )
        if not stream:
            raise OSError(f"PulseAudio does not play: error {error.value}")
        return int(stream)
