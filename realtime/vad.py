"""How likely it is that somebody speaks, every 32 ms.

The model is Silero VAD v6 (https://github.com/snakers4/silero-vad, MIT) in the ONNX file that faster-whisper ships. It
takes 512 new samples behind the 64 before them, and carries the two state vectors of an LSTM from step to step.
"""

import os
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE = 16_000
"""Hertz"""
STEP = 512
"""Samples for each probability"""
_CONTEXT = 64
_HIDDEN = (1, 1, 128)
_RENEW_AFTER = 15 * RATE // STEP
"""Steps after which a fresh memory starts to listen too: half of the 30 s after which confidence is known to fade"""
_WARM_UP = 2 * RATE // STEP
"""Steps after which the fresh memory takes over"""


class VadError(FileNotFoundError):
    """The model file is not installed; the message says what to install."""


@dataclass(slots=True)
class _Memory:
    """What the network remembers, and for how many steps it has listened."""

    h: Floats = field(default_factory=lambda: np.zeros(_HIDDEN, np.float32))
    c: Floats = field(default_factory=lambda: np.zeros(_HIDDEN, np.float32))
    age: int = 0


class Vad:
    """Speech probability of an endless stream.

    The network never remembers more than 17 s: a fresh memory starts to listen every 15 s and takes over 2 s later,
    so that no step is judged by a network which has just begun. Digital silence (all samples 0) is not speech by
    definition; it costs nothing and the network starts afresh behind it.

    Raises
    ------
    VadError
        When faster-whisper's model file is not there.
    """

    def __init__(self) -> None:
        # Else it reports to its maker, under an identifier that it keeps in the home folder (its Privacy.md).
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # late: whoever hears no audio does not pay for it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._network = onnxruntime.InferenceSession(
            str(_model_file()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything heard, as after a hole in the stream."""
        self._memory = _Memory()
        self._fresh: _Memory | None = None
        self._input = np.zeros((1, _CONTEXT + STEP), np.float32)
        self._pending = np.empty(0, np.float32)

    def push(self, samples: Floats) -> list[float]:
        """Take the next samples, float32 [any number], -1..1; return one probability for every 512 completed."""
        samples = np.concatenate([self._pending, samples])
        whole = len(samples) - len(samples) % STEP
        self._pending = samples[whole:]
        return [self._probability(step) for step in samples[:whole].reshape(-1, STEP)]

    def flush(self) -> list[float]:
        """Judge what is left, filled up with zeros, and forget everything."""
        rest = self._pending
        probabilities = self.push(np.zeros(STEP - len(rest), np.float32)) if len(rest) else []
        self.reset()
        return probabilities

    def _probability(self, step: Floats) -> float:
        if not step.any():
            pending = self._pending
            self.reset()
            self._pending = pending
            return 0.0
        self._input[:, :_CONTEXT] = self._input[:, -_CONTEXT:]
        self._input[:, _CONTEXT:] = step
        probability = self._listen(self._memory)
        self._renew()
        return probability

    def _renew(self) -> None:
        """Let a fresh memory listen beside the old one for a while, then replace it."""
        if self._fresh is None and self._memory.age >= _RENEW_AFTER:
            self._fresh = _Memory()
        elif self._fresh is not None:
            self._listen(self._fresh)
            if self._fresh.age >= _WARM_UP:
                self._memory, self._fresh = self._fresh, None

    def _listen(self, memory: _Memory) -> float:
        # Always one step for one call: several at once would round differently with their number.
        probability, memory.h, memory.c = self._network.run(None, {"input": self._input, "h": memory.h, "c": memory.c})
        memory.age += 1
        return float(probability.item())


def _model_file() -> Path:
    """Find the model without importing faster-whisper, which would load CTranslate2 and more."""
    package = find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise VadError("voice activity: package faster-whisper is not installed; run `pip install faster-whisper`")
    file = Path(package.origin).parent / "assets" / "silero_vad_v6.onnx"
    if not file.is_file():
        raise VadError(f"voice activity: faster-whisper has no {file.name}; install faster-whisper 1.2.1")
    return file
