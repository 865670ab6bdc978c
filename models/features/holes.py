"""Where samples are missing: NaN in an array of evenly spaced samples."""

from math import isnan

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def finite_runs(values: Floats, shortest: int = 1) -> list[slice]:
    """Stretches of at least `shortest` consecutive finite samples, in order."""
    finite = np.isfinite(values)
    if finite.all():
        return [slice(0, len(values))] if len(values) >= max(shortest, 1) else []
    return [slice(a, b) for a, b in stretches(finite).tolist() if b - a >= shortest]


def stretches(marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where each stretch of consecutive True in [n] begins and where it is over, [stretches, 2]."""
    fenced = np.zeros(len(marked) + 2, bool)
    fenced[1:-1] = marked
    return np.flatnonzero(fenced[1:] != fenced[:-1]).reshape(-1, 2)


def mend_single(values: Floats) -> Floats:
    """Copy in which every missing sample between two present ones is their mean; `values` itself where none is missing.

    A single hole is what the jitter of a device's clock leaves on the sample grid. Longer holes are lost data and stay.
    """
    finite = np.isfinite(values)
    if finite.all():
        return values
    lone = np.flatnonzero(finite[:-2] & ~finite[1:-1] & finite[2:]) + 1
    mended = values.copy()
    mended[lone] = (values[lone - 1] + values[lone + 1]) / 2
    return mended


def mean(values: Floats) -> float:
    """Mean of the samples that are there; without a hole at a fifth of the price of `nanmean`."""
    whole = values.sum() / len(values)
    return float(np.nanmean(values) if isnan(whole) else whole)


def spread(values: Floats, known: int = 0) -> float:
    """Standard deviation, `known` fewer than the samples in its divisor; a third of the price of `std`."""
    centred = values - values.sum() / len(values)
    return float(np.sqrt(centred @ centred / (len(values) - known)))


def slope(times: Floats, values: Floats) -> float:
    """Least-squares slope, value per unit of time; NaN when the times do not differ."""
    if not len(times):
        return np.nan
    centred = times - times.sum() / len(times)
    squares = float(centred @ centred)
    return float(centred @ values) / squares if squares > 0 else np.nan
