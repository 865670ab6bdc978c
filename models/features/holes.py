"""Where samples are missing: NaN in an array of evenly spaced samples."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def finite_runs(values: Floats, shortest: int = 1) -> list[slice]:
    """Stretches of at least `shortest` consecutive finite samples, in order."""
    finite = np.isfinite(values)
    edges = np.flatnonzero(np.diff(finite, prepend=False, append=False))
    return [slice(a, b) for a, b in edges.reshape(-1, 2) if b - a >= shortest]


def mend_single(values: Floats) -> Floats:
    """Copy in which every missing sample between two present ones is their mean.

    A single hole is what the jitter of a device's clock leaves on the sample grid. Longer holes are lost data and stay.
    """
    finite = np.isfinite(values)
    lone = np.flatnonzero(finite[:-2] & ~finite[1:-1] & finite[2:]) + 1
    mended = values.copy()
    mended[lone] = (values[lone - 1] + values[lone + 1]) / 2
    return mended


def slope(times: Floats, values: Floats) -> float:
    """Least-squares slope, value per unit of time; NaN when the times do not differ."""
    if not len(times):
        return np.nan
    centred = times - times.mean()
    spread = float(centred @ centred)
    return float(centred @ values) / spread if spread > 0 else np.nan
