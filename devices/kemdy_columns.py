"""Which column of a KEMDy19 biosignal file is elapsed time: EDA and TEMP files have it second, ECG files first.

The rows decide, never the folder's name.
"""

import numpy as np

from devices.kemdy_bulk import Numbers
from devices.kemdy_rows import BioRows
from devices.source import UnreadableSource

_SAME_TIME_S = 0.002
_SURE, _UNSURE = 0.95, 0.5


def time_column(rows: BioRows, name: str) -> int:
    """Tell which of the first two columns is elapsed time.

    Both are compared with the time of day over one second: neighbours would not do, because one step of an ECG value
    (0.0036 mV) is close to one step of its time (0.004 s). If that does not decide, the column that only rises does.

    Raises
    ------
    UnreadableSource
        When neither column, or both, could be time.
    """
    shares = [_share_that_follows(column, rows.clock) for column in rows.columns]
    for column, share in enumerate(shares):
        if share >= _SURE and shares[1 - column] < _UNSURE:
            return column
    rising = [column for column in (0, 1) if _rises_like(rows.columns[column], rows.clock)]
    if len(rising) != 1:
        both = "neither" if not rising else "both"
        raise UnreadableSource(
            f"{name}: {both} of the first two columns could be time; expected value and elapsed seconds"
        )
    return rising[0]


def _share_that_follows(column: Numbers, clock: Numbers) -> float:
    """Share of rows from which one second later the column has moved by as much as the clock."""
    lag = round(1 / float(np.median(np.diff(clock)))) if len(clock) > 1 else 1
    if len(clock) <= lag:
        return 0.0
    apart = np.abs((column[lag:] - column[:-lag]) - (clock[lag:] - clock[:-lag]))
    return float(np.mean(apart <= max(_SAME_TIME_S, _half_last_decimal(column)) + 1e-9))


def _half_last_decimal(column: Numbers) -> float:
    printed = next((digits for digits in range(4) if np.allclose(column, column.round(digits), 0, 1e-9)), 4)
    return float(0.5 * 10.0**-printed)


def _rises_like(column: Numbers, clock: Numbers) -> bool:
    if len(clock) < 2:
        return False
    steps, due = np.diff(column), float(np.median(np.diff(clock)))
    return bool(np.mean(steps > 0) >= 0.99 and abs(np.median(steps) - due) <= _SAME_TIME_S)
