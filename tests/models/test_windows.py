"""Windows over body signals: the same for any chunking, and honest about what is missing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.features.bio import FEATURES, BioParameters, BioWindow, bio_features
from models.windows import BioWindows

P = BioParameters()
RATES = {"ecg": 125.0, "eda": 4.0, "temp": 4.0}
SECONDS = 50


@dataclass(frozen=True)
class Piece:
    """Some samples of a stream, as a device would deliver them."""

    stream: str
    time: float
    rate: float
    values: NDArray[np.float32] = field(repr=False)
    flags: int = 0

    @property
    def end(self) -> float:
        return self.time + (len(self.values) / self.rate if self.rate else 0.0)


def body(seconds: int = SECONDS) -> dict[str, Piece]:
    """A person: 75 beats a minute, two skin responses a minute, a warming hand."""
    t = {name: np.arange(round(seconds * rate)) / rate for name, rate in RATES.items()}
    ecg = np.exp(-((((t["ecg"] + 0.03 * np.sin(t["ecg"])) % 0.8 - 0.4) / 0.015) ** 2))
    since = t["eda"] % 30.0
    eda = 2.0 + 0.01 * t["eda"] + 0.5 * (np.exp(-since / 4) - np.exp(-since / 0.7))
    values = {"ecg": ecg, "eda": eda, "temp": 32.0 + 0.005 * t["temp"]}
    return {name: Piece(name, 0.0, rate, values[name].astype(np.float32)) for name, rate in RATES.items()}


def ibi(seconds: int = SECONDS) -> list[Piece]:
    """Beats at 75 a minute, lost between 20 and 28 s."""
    times = [time for time in np.arange(0.8, seconds, 0.8) if not 20 < time < 28]
    return [Piece("ibi", float(time), 0.0, np.array([0.8], np.float32)) for time in times]


def cut(piece: Piece, at: Iterable[int]) -> list[Piece]:
    """The same samples in several pieces."""
    edges = [0, *sorted({min(a, len(piece.values)) for a in at} - {0, len(piece.values)}), len(piece.values)]
    return [replace(piece, time=piece.time + a / piece.rate, values=piece.values[a:b]) for a, b in pairwise(edges)]


def windows_of(
    pieces: Iterable[Piece], streams: Iterable[str] = RATES, parameters: BioParameters = P
) -> list[BioWindow]:
    windows = BioWindows(parameters, streams)
    return [window for piece in sorted(pieces, key=lambda p: p.end) for window in windows.push(piece)] + windows.flush()


def as_numbers(windows: list[BioWindow]) -> list[tuple[object, ...]]:
    return [(w.start, w.end, dict(w.measures), w.quality, w.reason, *bio_features(w, P).tolist()) for w in windows]


def without(piece: Piece, start: float, end: float) -> list[Piece]:
    """Two pieces with a hole between."""
    a, b = round(start * piece.rate), round(end * piece.rate)
    return [cut(piece, [a])[0], cut(piece, [b])[-1]]


@settings(deadline=None, max_examples=15)
@given(cuts=st.fixed_dictionaries({name: st.lists(st.integers(1, 6000), max_size=30) for name in RATES}))
def test_any_chunking_gives_the_same_windows(cuts: dict[str, list[int]]) -> None:
    """Pieces of any size, delivered in order of their ends, with beats in between."""
    whole = [part for name, piece in body().items() for part in cut(piece, range(0, 6000, max(1, int(RATES[name]))))]
    pieces = [part for name, piece in body().items() for part in cut(piece, cuts[name])]
    beats = ibi()
    expected = as_numbers(windows_of([*whole, *beats]))
    assert len(expected) == SECONDS
    assert as_numbers(windows_of(beats + pieces)) == expected


def test_a_window_comes_with_the_last_sample_it_waits_for() -> None:
    windows = BioWindows(P, ["eda", "temp"])
    eda, temp = body()["eda"], body()["temp"]
    assert windows.push(cut(eda, [20])[0]) == []
    assert [w.end for w in windows.push(cut(temp, [9])[0])] == [1.0, 2.0]
    assert windows.progress == 2.25
    assert [w.end for w in windows.advance("temp", math.inf)] == [3.0, 4.0, 5.0]


def test_a_stream_that_is_lost_or_in_a_gap_holds_nothing_up() -> None:
    windows = BioWindows(P, ["eda", "ecg"])
    assert windows.advance("ecg", 12.0) == []
    assert [w.end for w in windows.push(cut(body()["eda"], [80])[0])] == list(range(1, 13))
    assert [w.end for w in windows.advance("ecg", math.inf)] == list(range(13, 21))


def test_streams_that_nobody_announced_join() -> None:
    pieces = [part for piece in body().values() for part in cut(piece, range(0, 6250, int(piece.rate)))]
    windows = windows_of(pieces, streams=())
    assert windows[-1].measures.keys() == set(FEATURES)


def test_measures_of_a_known_person() -> None:
    last = windows_of(body().values())[-1]
    facts = last.facts
    assert facts.heart_rate == pytest.approx(75, rel=0.02)
    assert facts.eda == pytest.approx(2.5, abs=0.2)
    assert facts.temperature == pytest.approx(32.17, abs=0.02)
    assert last.measures["temp_slope"] == pytest.approx(0.3, rel=0.05)
    assert last.measures["scr_rate"] == pytest.approx(2.0)
    assert last.quality > 0.35


def test_beats_of_a_wristband_serve_as_well_as_an_ecg() -> None:
    """Heart rate from IBI equals that from the ECG; with both, the ECG decides."""
    person = body()
    from_ibi = windows_of([person["eda"], *ibi()], ["eda"])[-1]
    from_ecg = windows_of([person["eda"], person["ecg"]], ["eda", "ecg"])[-1]
    assert from_ibi.measures["heart_rate"] == pytest.approx(from_ecg.measures["heart_rate"], rel=0.02)
    assert from_ibi.quality < from_ecg.quality
    both = windows_of([person["eda"], person["ecg"], *ibi()], ["eda", "ecg"])[-1]
    assert both.measures == from_ecg.measures


def test_the_first_seconds_warm_up() -> None:
    windows = windows_of(body().values())
    assert [w.reason for w in windows[:10]] == ["warming up"] * 9 + [None]
    assert windows[0].quality == 0.0


def test_quality_grows_as_the_person_becomes_known() -> None:
    """Change against a level known for a few seconds says little: 41 windows count as 41 of 41 + 60."""
    windows = windows_of(body().values())
    qualities = [w.quality for w in windows]
    assert qualities == sorted(qualities)
    assert qualities[-1] == pytest.approx(41 / 101, rel=0.05)


def test_zero_conductance_is_no_contact_and_never_a_value() -> None:
    """Exactly 0 uS means that the electrodes touch no skin; flagged samples of any stream count alike."""
    eda = np.zeros(160, np.float32)
    off = windows_of([Piece("eda", 0.0, 4.0, eda)], ["eda"])[-1]
    assert (off.reason, off.quality, off.facts.eda) == ("no contact", 0.0, None)
    eda[60:] = 3.0
    half = windows_of([Piece("eda", 0.0, 4.0, eda)], ["eda"])[-1]
    assert half.measures["mean_EDA"] == pytest.approx(3.0)
    flagged = windows_of([Piece("temp", 0.0, 4.0, np.full(160, 30, np.float32), flags=1)], ["temp"])[-1]
    assert flagged.reason == "no contact"


def test_a_hole_in_the_ecg_makes_no_false_interval() -> None:
    person = body()
    holed = windows_of([*without(person["ecg"], 30, 38), person["eda"], person["temp"]])[-1]
    assert holed.measures["heart_rate"] == pytest.approx(75, rel=0.02)
    assert holed.measures["sdnn"] < 60
    assert holed.quality < windows_of(person.values())[-1].quality


def test_a_break_without_samples_gives_no_windows() -> None:
    """After a break longer than the window nothing is made up; windows begin again with the data."""
    later = [replace(piece, time=200.0) for piece in body().values()]
    windows = windows_of([*body().values(), *later])
    assert [w.end for w in windows] == [*range(1, 80), *range(201, 251)]
    assert {w.reason for w in windows if w.end in (75, 205)} == {"too few samples"}


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0, 3.9, 31.25, 51.2])
def test_odd_sample_rates_are_survived(rate: float) -> None:
    """Too slow for responses or beats, or no whole number of samples a second: the level is still there."""
    wave = np.asarray(2 + np.sin(np.arange(round(40 * rate)) / rate / 5), np.float32)
    last = windows_of([Piece("eda", 0.0, rate, wave), Piece("ecg", 0.0, rate, wave)], ["eda", "ecg"])[-1]
    assert last.end == 40.0
    assert last.measures["mean_EDA"] == pytest.approx(float(wave[round(10 * rate) :].mean()), abs=0.05)
    assert "heart_rate" not in last.measures


def test_garbage_values_are_missing_values() -> None:
    eda = body()["eda"].values.copy()
    eda[::2], eda[1::4] = np.nan, np.inf
    last = windows_of([Piece("eda", 0.0, 4.0, eda)], ["eda"])[-1]
    assert all(math.isfinite(value) for value in last.measures.values())
    bad = [Piece("ibi", t, 0.0, np.array([v], np.float32)) for t, v in ((1.0, np.nan), (2.0, -1.0), (3.0, 0.0))]
    assert "heart_rate" not in windows_of([body()["eda"], *bad], ["eda"])[-1].measures


def test_the_baseline_knows_nothing_of_the_future() -> None:
    """Windows up to 30 s are the same whether or not anything follows."""
    person = body()
    early = [cut(piece, [round(30 * piece.rate)])[0] for piece in person.values()]
    assert as_numbers(windows_of(early)) == as_numbers(windows_of(person.values()))[:30]
