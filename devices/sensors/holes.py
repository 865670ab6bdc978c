"""How many frames a hole stands for, where the sequence number is too short to say."""

from collections import deque
from dataclasses import dataclass

_MEMORY_S = 10  # of arrivals; at 100 ppm a device's clock runs off by 1 ms meanwhile
_ENOUGH = 8  # arrivals before their spread is believed
_SLACK = 2.0  # frames by which an arrival may miss the spread seen so far


@dataclass(slots=True)
class _Second:
    number: int
    least: float
    most: float


class Holes:
    """Resolves holes of a stream at an even rate by the time its frames take.

    A frame never arrives before it was made, so the least delay of the last seconds tells when a frame was made, and
    the spread of the delays how far an arrival can be trusted.

    Parameters
    ----------
    rate
        Frames a second.
    modulus
        Of the sequence number: 16 for four bits.
    """

    def __init__(self, rate: float, modulus: int) -> None:
        self._rate = rate
        self._modulus = modulus
        self._seconds: deque[_Second] = deque()
        self._seen = 0

    def arrived(self, index: int, time: float) -> None:
        """Take the arrival, in seconds on any clock, of the last frame of a chunk."""
        delay = time - index / self._rate
        number = int(time)
        if self._seconds and self._seconds[-1].number == number:
            last = self._seconds[-1]
            last.least, last.most = min(last.least, delay), max(last.most, delay)
        else:
            self._seconds.append(_Second(number, delay, delay))
        while self._seconds[0].number < number - _MEMORY_S:
            self._seconds.popleft()
        self._seen += 1

    def lost(self, index: int, least: int, time: float | None) -> tuple[int, bool]:
        """Return how many frames a hole swallowed, and whether that is the only count that fits.

        Parameters
        ----------
        index
            Of the first lost frame.
        least
            What the sequence number says: the count modulo the modulus.
        time
            Arrival of the frame after the hole; None when it is not known.
        """
        if time is None or not self._seconds:
            return least, False
        earliest = min(second.least for second in self._seconds)
        spread = (max(second.most for second in self._seconds) - earliest) * self._rate
        passed = (time - earliest) * self._rate - index  # frames, were there no delay
        count = least + self._modulus * max(0, round((passed - least) / self._modulus))
        fits = -_SLACK <= passed - count <= spread + _SLACK
        return count, fits and self._seen >= _ENOUGH and spread < self._modulus / 2
