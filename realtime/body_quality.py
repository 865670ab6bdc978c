"""How far a window of body signals can be trusted: worn sensors, samples that came, signals that move."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.features.bio import BioWindow
from realtime.quality import Trust
from realtime.reasons import Why, headed

if TYPE_CHECKING:
    from models.features.physiology import Signal

_NO_CONTACT = "no contact"
"""What `models.windows` calls a window without any contact"""


@dataclass(frozen=True, slots=True)
class BodyOptions:
    """When signals of the body are no signals."""

    ecg_flat_s: float = 0.5
    """Seconds for which an ECG may keep one value: a heart's does not, that of a saturated or loose electrode does"""
    eda_flat_s: float = 10.0
    """The same for skin conductance, which changes by less than a coarse converter's step for a while"""
    least: float = 0.1
    """Quality, 0..1, below which a window has no vote"""

    def __post_init__(self) -> None:
        if not (self.ecg_flat_s > 0 and self.eda_flat_s > 0 and 0 <= self.least < 1):
            raise ValueError("body: expected ecg_flat_s > 0, eda_flat_s > 0 and 0 <= least < 1")


def body_trust(window: BioWindow, options: BodyOptions) -> Trust:
    """Trust in a window: its usable share, less while the person is hardly known, times the share that moves."""
    if window.reason is not None:
        reason = Why.NOT_WORN if window.reason == _NO_CONTACT else headed(window.reason, Why.LOW_QUALITY)
        return Trust(0.0, reason)
    stuck = _stuck(window.signals, options)
    value = window.quality * (1 - _mean(stuck.values()))
    return Trust(value, None if value >= options.least else _why(window, stuck))


def stuck_share(values: NDArray[np.float64], longest: int) -> float:
    """Share of samples, 0..1, in runs of one value that are longer than `longest` samples; NaN belongs to none."""
    ends = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)
    runs = np.diff(ends, prepend=-1)
    return float(runs[runs > max(longest, 1)].sum() / len(values))


def _stuck(signals: "Mapping[str, Signal]", options: BodyOptions) -> dict[str, float]:
    flat_s = {"ecg": options.ecg_flat_s, "eda": options.eda_flat_s}
    return {
        name: stuck_share(signal.values, round(flat_s[name] * signal.rate)) if name in flat_s else 0.0
        for name, signal in signals.items()
    }


def _why(window: BioWindow, stuck: Mapping[str, float]) -> str:
    """Return the gravest of what is wrong with a window whose quality is too low."""
    length = window.end - window.start
    regular = [signal for signal in window.signals.values() if signal.rate]
    came = _mean(signal.delivered for signal in regular)
    worn = _mean(signal.present / length for signal in regular) / came if came else 0.0
    moves = 1 - max(stuck.values(), default=0.0)
    if min(worn, came, moves) > 0.5:
        return Why.WARMING_UP
    begun = window.baseline.count.max(initial=0.0) < length
    shares = {
        str(Why.NOT_WORN): worn,
        Why.WARMING_UP if begun else Why.LOW_QUALITY.because("samples are missing"): came,
        Why.LOW_QUALITY.because(f"{_worst(stuck)} keeps one value"): moves,
    }
    return min(shares, key=shares.__getitem__)


def _worst(stuck: Mapping[str, float]) -> str:
    return max(stuck, key=stuck.__getitem__, default="a signal").upper()


def _mean(shares: Iterable[float]) -> float:
    known = list(shares)
    return sum(known) / len(known) if known else 0.0
