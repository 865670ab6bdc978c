"""How steep the line is above which all arrivals lie: found in several ways, each with its uncertainty.

By which law arrivals are late, nobody says. Above a sharp bound the earliest of them tell most, as they lie or as the
edge on which they rest; where the bound is blurred, as by a low sample rate or a radio, all of them together do. So
each way is asked, and trusted as far as its points lie on a line.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""Count, and seconds of session time"""
_ROUNDS, _OFF = 3, 3.0
"""Times that points are left out which are off by more than so many standard deviations"""
_EDGE = 2.7
"""Standard error of an edge's slope, in mean distances from it over the length, times the root of the number of points;
found by simulation of uniform jitter on samples of 1 to 10 ms"""
_MOST_ALIKE = 0.95
"""Correlation of neighbouring residuals that is believed at most"""


class Slope(NamedTuple):
    """What one way has found."""

    value: float
    """Seconds for each count"""
    variance: float
    """Its expected square error"""


def supporting_slope(points: Collection[Point]) -> Slope | None:
    """Slope of the line below all points that is closest to them on average; None of fewer than two.

    The points come in order of count. This is the linear program of Moon, Skelly and Towsley ("Estimation and removal
    of clock skew from network delay measurements", INFOCOM 1999); its solution is the edge of the lower convex hull
    above the mean count.
    """
    hull: list[Point] = []
    for point in points:
        while len(hull) > 1 and _turns_right(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    mean = sum(count for count, _ in points) / max(len(points), 1)
    for (a, start), (b, stop) in pairwise(hull):
        if b >= mean and b > a:
            slope = (stop - start) / (b - a)
            above = sum(time - start - slope * (count - a) for count, time in points) / len(points)
            length = hull[-1][0] - hull[0][0]
            return Slope(slope, (_EDGE * above / length) ** 2 / len(points))
    return None


def _turns_right(a: Point, b: Point, c: Point) -> bool:
    """Tell whether b lies on or above the line from a to c."""
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])


def straight_slope(points: Collection[Point]) -> Slope | None:
    """Slope of the least-squares line through points, without those that are far off it; None of fewer than four."""
    table: NDArray[np.float64] = np.array(points, np.float64).reshape(-1, 2)
    if len(table) < 4:
        return None
    table -= table[0]
    chord = table[-1, 1] / table[-1, 0] if table[-1, 0] else 0.0
    table[:, 1] -= chord * table[:, 0]  # what is left is small, and does not drown in rounding
    kept = table
    for _ in range(_ROUNDS):
        middle = kept.mean(axis=0)
        count = kept[:, 0] - middle[0]
        spread = float(count @ count)
        if not spread:
            return None
        slope = float(count @ kept[:, 1]) / spread
        residuals = kept[:, 1] - middle[1] - slope * count
        square = float(np.mean(residuals**2))
        variance = square / spread * _inflation(residuals)
        off = table[:, 1] - middle[1] - slope * (table[:, 0] - middle[0])
        near = table[np.abs(off) <= _OFF * np.sqrt(square)]
        if len(near) < 4:
            break
        kept = near
    return Slope(chord + slope, variance)


def _inflation(residuals: NDArray[np.float64]) -> float:
    """How much less residuals tell than their number says, when each is like the one before."""
    square = float(residuals @ residuals)
    alike = float(residuals[1:] @ residuals[:-1]) / square if square else 0.0
    alike = min(max(alike, 0.0), _MOST_ALIKE)
    return (1 + alike) / (1 - alike)


def likeliest(slopes: Sequence[Slope]) -> float:
    """Mean of what several ways have found, each weighted by how sure it is."""
    weights = [1 / max(each.variance, 1e-30) for each in slopes]
    return sum(weight * each.value for weight, each in zip(weights, slopes, strict=True)) / sum(weights)
