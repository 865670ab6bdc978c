"""How long things took, by name: medians and tails in milliseconds."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np


class Latencies:
    """Collects durations and says their p50, p95 and maximum."""

    def __init__(self) -> None:
        self._values: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, name: str, milliseconds: float) -> None:
        """Count one duration under `name`."""
        self._values[name].append(milliseconds)

    def quantiles(self) -> Mapping[str, tuple[float, float, float]]:
        """Name to (p50, p95, maximum) in milliseconds, in the order in which the names were first seen."""
        found = {}
        for name, values in list(self._values.items()):  # copied, because the screen asks while the pipeline adds
            p50, p95, most = np.percentile(list(values), [50, 95, 100])
            found[name] = (float(p50), float(p95), float(most))
        return found
