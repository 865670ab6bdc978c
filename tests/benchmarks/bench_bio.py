"""What a window of body signals costs, and our detectors beside NeuroKit2's on the same samples."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import neurokit2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.features.bio import BioParameters, bio_features
from models.features.ecg import r_peaks
from models.features.eda import decompose, responses, working_rate
from models.windows import BioWindows

SECONDS = 30
ECG_RATES = (125.0, 250.0, 1000.0)


@dataclass(frozen=True)
class Second:
    """One second of a stream."""

    stream: str
    time: float
    rate: float
    values: NDArray[np.float32]
    flags: int = 0


def simulated(seconds: int, rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ECG at `rate` and EDA at 100 Hz of one person."""
    ecg = neurokit2.ecg_simulate(duration=seconds, sampling_rate=int(rate), random_state=1)
    eda = 2 + neurokit2.eda_simulate(duration=seconds, sampling_rate=100, scr_number=seconds // 10, random_state=1)
    return ecg, eda


def milliseconds(call: Callable[[], object], repeats: int = 30) -> float:
    call()
    times = []
    for _ in range(repeats):
        before = perf_counter()
        call()
        times.append(1000 * (perf_counter() - before))
    return median(times)


def window_cost(rate: float, seconds: int = 90) -> tuple[float, float]:
    """Median and 95th percentile of what a session second costs, windows and features included."""
    ecg, eda = simulated(seconds, rate)
    skin = eda[::25].astype(np.float32)
    parameters = BioParameters()
    windows = BioWindows(parameters, ["ecg", "eda", "temp"])
    costs = []
    for second in range(seconds):
        n = int(rate)
        pieces = (
            Second("eda", second, 4.0, skin[second * 4 : second * 4 + 4]),
            Second("temp", second, 4.0, np.full(4, 32.0, np.float32)),
            Second("ecg", second, rate, ecg[second * n : second * n + n].astype(np.float32)),
        )
        before = perf_counter()
        for piece in pieces:
            for window in windows.push(piece):
                bio_features(window, parameters)
        costs.append(1000 * (perf_counter() - before))
    full = costs[SECONDS:]
    return median(full), float(np.percentile(full, 95))


def theirs_ecg(ecg: NDArray[np.float64], rate: float) -> object:
    return neurokit2.ecg_peaks(neurokit2.ecg_clean(ecg, sampling_rate=int(rate)), sampling_rate=int(rate))


def theirs_eda(eda: NDArray[np.float64]) -> object:
    parts = neurokit2.eda_phasic(neurokit2.eda_clean(eda, sampling_rate=100), sampling_rate=100)
    return neurokit2.eda_peaks(parts["EDA_Phasic"].to_numpy(), sampling_rate=100)


def ours_eda(eda: NDArray[np.float64]) -> object:
    slow, rate = working_rate(eda, 100.0)
    return responses(decompose(slow, rate)[1], rate)


def main() -> None:
    console = Console()
    cost = Table("ECG at", "median ms", "p95 ms", title="a window of ECG, EDA and TEMP, every second")
    for rate in ECG_RATES:
        cost.add_row(f"{rate:.0f} Hz", *(f"{value:.2f}" for value in window_cost(rate)))
    console.print(cost)

    beside = Table("detector, 30 s", "maeum ms", "NeuroKit2 ms", "ratio", title="beside NeuroKit2, medians")
    for rate in ECG_RATES:
        ecg, eda = simulated(SECONDS, rate)
        ours = milliseconds(lambda ecg=ecg, rate=rate: r_peaks(ecg, rate))
        theirs = milliseconds(lambda ecg=ecg, rate=rate: theirs_ecg(ecg, rate))
        beside.add_row(f"R peaks, {rate:.0f} Hz", f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.1f}")
    ours, theirs = milliseconds(lambda: ours_eda(eda)), milliseconds(lambda: theirs_eda(eda))
    beside.add_row("EDA responses, 100 Hz", f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.1f}")
    console.print(beside)


if __name__ == "__main__":
    main()
