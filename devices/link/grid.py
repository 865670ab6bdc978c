"""Block times on the even grid that models want, from fitted times that move a little with every arrival."""

STEADY_S = 0.005
"""A grid is moved when it is off by more than so many seconds, or by more than half a sample where that is less"""


class Grid:
    """Session time of samples, evenly spaced at the nominal rate.

    A device whose crystal is off by 80 ppm runs away from its nominal rate by half a millisecond in six seconds. Rather
    than shift every block by a little, the grid stays where it is until it is wrong by half a sample (or `STEADY_S`)
    and is then moved at once: samples keep their places on a receiver's grid, of which one in thousands stays empty or
    is filled twice.

    Parameters
    ----------
    rate
        Nominal, hertz.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._tolerance = min(STEADY_S, 0.5 / rate)
        self._index, self._time = 0, 0.0
        self._laid = False
        self._end = -float("inf")

    def lay(self, index: int, count: int, fitted: float) -> float:
        """Place consecutive samples.

        Parameters
        ----------
        index
            Of the first one, lost ones counted.
        count
            Samples.
        fitted
            Session time of the first one as the clock fit has it, seconds.

        Returns
        -------
        Session time of the first one on the grid, never more than half a sample before the end of those before.
        """
        time = self._time + (index - self._index) / self._rate
        if not self._laid or abs(fitted - time) > self._tolerance:
            time = max(fitted, self._end - 0.5 / self._rate)
            self._index, self._time, self._laid = index, time, True
        self._end = time + count / self._rate
        return time
