"""Inspect an Empatica E4 export: which signals it holds, from when to when, and which rows cannot be read."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.empatica import SIGNALS, Beats, Signal, read_e4
from devices.source import SourceError
from training.errors import InvalidCorpus
from training.inspection.report import Count, Fact, Report


def inspect_e4(folder: Path, report: Report) -> None:
    """Fill in the report.

    Raises
    ------
    InvalidCorpus
        When no signal can be read.
    """
    starts, ends = [], []
    for name in SIGNALS:
        path = folder / f"{name.upper()}.csv"
        if not path.is_file() or not path.stat().st_size:
            report.missing.append(f"no {name}: {path.name} is {'empty' if path.exists() else 'missing'}")
            continue
        try:
            recording = read_e4(folder, [name])
        except SourceError as error:
            report.broken(f"no {name}: {error}")
            continue
        for notice in recording.notices:
            report.broken(notice)
        starts.append(recording.start)
        ends.append(recording.end)
        signal = recording.signals.get(name) or recording.ibi
        if signal is not None:
            _add(name, path, signal, report)
    if not report.parts:
        raise InvalidCorpus(f"{folder}: no signal of this Empatica E4 export can be read")
    report.facts |= {
        "signals": len(report.parts),
        "begins": datetime.fromtimestamp(min(starts), UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        "minutes": round((max(ends) - min(starts)) / 60, 1),
    }


def _add(name: str, path: Path, signal: Signal | Beats, report: Report) -> None:
    head = 1 if isinstance(signal, Beats) else 2
    count = Count(name, rows=max(_lines(path) - head, 0), used=_usable(signal))
    count.left_out["unreadable"] = count.rows - count.used
    report.counts.append(count)
    part: dict[str, Fact] = {"signal": name, "rows": count.used}
    if isinstance(signal, Beats):
        part |= {"hertz": None, "minutes": round(float(signal.times[-1] if len(signal.times) else 0) / 60, 1)}
        usual, lowest, highest = _spread(signal.intervals)
    else:
        part |= {"hertz": signal.rate, "minutes": round(len(signal.values) / signal.rate / 60, 1)}
        values = signal.values if signal.values.ndim == 1 else np.linalg.norm(signal.values, axis=1)
        usual, lowest, highest = _spread(np.asarray(values, np.float32))
    report.parts.append(part | {"lowest": lowest, "median": usual, "highest": highest})


def _usable(signal: Signal | Beats) -> int:
    if isinstance(signal, Beats):
        return len(signal.times)
    return int(np.count_nonzero(np.isfinite(signal.values.reshape(len(signal.values), -1)).all(1)))


def _spread(values: NDArray[np.float32]) -> tuple[float | None, float | None, float | None]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None, None, None
    usual, lowest, highest = (round(float(each(finite)), 3) for each in (np.median, np.min, np.max))
    return usual, lowest, highest


def _lines(path: Path) -> int:
    """Count rows as the reader does: all up to the last that is not blank."""
    return len(path.read_text(encoding="utf-8-sig", errors="replace").rstrip().splitlines())
