"""A label that holds still: hysteresis and a minimum dwell between the vote and the screen."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from realtime.snapshot import State


@dataclass(frozen=True, slots=True)
class SteadyOptions:
    """When a label is taken, and when it is let go; `tests/benchmarks/bench_labels.py` shows what each choice costs."""

    enter: float = 0.4
    """Probability from which a label may be shown"""
    leave: float = 0.22
    """Probability below which the label shown is not wanted any more"""
    dwell_s: float = 0.5
    """Seconds for which a label must lead before it is shown as confirmed, or have left before it is withdrawn"""


@dataclass(slots=True)
class Steady:
    """Fused probabilities in, one label and its state out.

    A leading label is `tentative` until it has led for the dwell, then `confirmed`; it stays until another label has
    led as long, or its own probability has been below `leave` as long. `uncertain` means that there is no label.
    """

    labels: tuple[str, ...]
    options: SteadyOptions = field(default_factory=SteadyOptions)
    _held: int | None = None
    _wish: int | None = None
    _since: float = 0.0

    def push(self, t: float, probabilities: NDArray[np.float32] | None) -> tuple[str | None, State]:
        """Label and state at session time `t`; times must not decrease."""
        if probabilities is None:
            self._held = self._wish = None
            return None, "uncertain"
        wish = self._wished(probabilities)
        if wish != self._wish:
            self._wish, self._since = wish, t
        if t - self._since >= self.options.dwell_s:
            self._held = wish
        if self._held is not None:
            return self.labels[self._held], "confirmed"
        return (None, "uncertain") if wish is None else (self.labels[wish], "tentative")

    def _wished(self, probabilities: NDArray[np.float32]) -> int | None:
        """Return what would be shown if labels could jump."""
        top = int(np.argmax(probabilities))
        if probabilities[top] >= self.options.enter:
            return top
        return self._held if self._held is not None and probabilities[self._held] >= self.options.leave else None
