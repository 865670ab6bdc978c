"""Plain decimal numbers out of bytes, many at once, each exactly the number that `float` would give."""

import numpy as np
from numpy.typing import NDArray

WIDTH = 17
"""Bytes of the longest number that is read here: sign, point and as many digits as are exact"""

_EXACT_DIGITS = 15
_POWERS = 10.0 ** np.arange(_EXACT_DIGITS + 1)
_MINUS, _POINT, _ZERO = b"-"[0], b"."[0], b"0"[0]


def windows(
    buffer: NDArray[np.uint8], starts: NDArray[np.intp], stops: NDArray[np.intp], width: int
) -> NDArray[np.uint8]:
    """Cut [n, width] bytes from `starts` on, zero from `stops` on; the buffer is at least `width` longer than any."""
    cut = np.lib.stride_tricks.sliding_window_view(buffer, width)[starts]
    cut *= np.arange(width) < (stops - starts)[:, None]
    return cut


def decimals(
    buffer: NDArray[np.uint8], starts: NDArray[np.intp], stops: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read numbers of the form -12.345: their values, and which are of this form (the values of others mean nothing).

    Digits are gathered as a whole number and divided once by a power of ten: both are exact up to 15 digits, so the
    quotient is the nearest float.
    """
    width = int(min(WIDTH, max(1, (stops - starts).max(initial=0))))
    text = np.ascontiguousarray(windows(buffer, starts, stops, width).T)
    whole = np.zeros(len(starts), np.int64)
    digits, fraction, points = np.zeros((3, len(starts)), np.int8)
    minus = text[0] == _MINUS
    for character in text:
        value = character - _ZERO
        digit = value < 10
        whole = np.where(digit, whole * 10 + value, whole)
        digits += digit
        fraction += digit & (points > 0)
        points += character == _POINT
    lengths = stops - starts
    plain = (digits + points + minus == lengths) & (points <= 1) & (digits > 0) & (digits <= _EXACT_DIGITS)
    values = whole / _POWERS[np.minimum(fraction, _EXACT_DIGITS)]
    return np.where(minus, -values, values), plain
