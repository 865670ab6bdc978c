"""How still the label holds, and what that costs in time: flips per minute and delays, beside the raw argmax.

Run `python tests/benchmarks/bench_labels.py [clips]`: the built-in session with Whisper, and clips of RAVDESS in a row,
1 s apart, drawn with a fixed seed, by voice alone. The models were trained on these speakers: agreement with the
reference is better here than with strangers, stillness hardly so. Both sessions run once; every row is the same votes.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from devices.block import Block
from devices.demo import demo_source
from devices.source import Source, Utterance
from models.bundle import Bundle, load_bundle
from models.scores import LABELS
from models.whisper_weights import WhisperError, weights_folder
from realtime.fusion import Label
from realtime.pacing import Pacer
from realtime.reasons import Why
from realtime.reference import truth_at
from realtime.segment_voice import SegmentVoice
from realtime.session import Session
from realtime.steady import Steady, SteadyOptions
from realtime.words import WhisperTranscripts, Words

Floats = NDArray[np.float32]
Shown = Sequence[str | None]

RAVDESS = Path(__file__).parents[3] / "shared" / "data" / "speech" / "ravdess"
RATE, PAUSE_S, STEP = 16_000, 1.0, 512
HOP_S = 0.5
LASTING_S = 1.0
"""A change of the argmax that lives so long is one that the label should follow"""


class Clips:
    """Recordings in a row, as one source."""

    duration: float | None = None
    person: str | None = None
    synthetic = False
    rates: Mapping[str, float] = {"audio": RATE}

    def __init__(self, folder: Path, count: int, seed: int = 0) -> None:
        with (folder / "manifest.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["label"] in LABELS]
        drawn = np.random.default_rng(seed).choice(len(rows), count, replace=False)
        self.name = f"{count} clips of RAVDESS"
        chosen = [rows[number] for number in drawn]
        files = [sf.read(folder / row["path"], dtype="float32")[0] for row in chosen]
        pause = np.zeros(round(PAUSE_S * RATE), np.float32)
        audio = np.concatenate([pause, *(part for clip in files for part in (clip, pause))])
        self._audio = audio + np.random.default_rng(0).normal(0, 3e-5, len(audio)).astype(np.float32)
        lengths = np.array([len(clip) / RATE for clip in files])
        starts = PAUSE_S + np.concatenate([[0.0], np.cumsum(lengths + PAUSE_S)[:-1]])
        # Each clip, the silence at its ends included, with the emotion that the actor was asked for.
        self.utterances: Sequence[Utterance] = [
            Utterance(row["path"], float(start), float(start + length), row["speaker"], None, row["label"])
            for row, start, length in zip(chosen, starts, lengths, strict=True)
        ]

    def notices(self) -> Sequence[str]:
        """Nothing to say."""
        return ()

    def events(self) -> Iterator[Block]:
        """Blocks of 32 ms; the pauses are a quiet room."""
        for at in range(0, len(self._audio), STEP):
            yield Block("audio", at, at / RATE, RATE, self._audio[at : at + STEP])


@dataclass(frozen=True)
class Votes:
    """The fused votes of one session, every half second, and what the reference says."""

    name: str
    times: Sequence[float]
    probabilities: Sequence[Floats | None]
    utterances: Sequence[Utterance]

    @property
    def minutes(self) -> float:
        """Length of the session."""
        return len(self.times) * HOP_S / 60

    def raw(self) -> Shown:
        """The argmax of every moment."""
        return [None if p is None else LABELS[int(np.argmax(p))] for p in self.probabilities]

    def steady(self, options: SteadyOptions) -> Shown:
        """What is shown with these options."""
        steady = Steady(LABELS, options)
        return [steady.push(t, p)[0] for t, p in zip(self.times, self.probabilities, strict=True)]


@dataclass(frozen=True)
class Row:
    """How one way to show labels does."""

    flips: float
    """Changes from one label to another, a minute, also where none is shown in between"""
    gaps: float
    """Spells without a label behind one, a minute"""
    added: Sequence[float]
    """Seconds from each lasting change of the argmax until it is shown"""
    missed: int
    """Lasting changes that were never shown"""
    found: Sequence[float]
    """Seconds from the start of each utterance until its reference label is shown, where it is"""
    utterances: int
    agreement: float
    """With the reference, share of the moments with both"""
    shown: float
    """Share of the moments with a reference at which a label is shown"""


def followed(source: Source, bundle: Bundle, words: Words | str) -> Votes:
    """Run a session once."""
    labels = [one for one in Session(source, bundle, words, Pacer(None)).run() if isinstance(one, Label)]
    return Votes(
        source.name, [one.t for one in labels], [one.ballot.probabilities for one in labels], source.utterances
    )


def sessions(count: int) -> Iterator[Votes]:
    """The built-in session and the clips, as far as they are at hand."""
    bundle = load_bundle()
    try:
        transcripts = WhisperTranscripts(str(weights_folder("base")), "ko")
        voice = SegmentVoice(bundle.segment_models["voice"]) if "voice" in bundle.segment_models else None
        with Words(transcripts, bundle.models["text"], voice) as words:
            yield followed(demo_source(), bundle, words)
    except WhisperError as error:
        print(f"no built-in session: {error}")
    if RAVDESS.is_dir():
        yield followed(Clips(RAVDESS, count), bundle, Why.NO_TRANSCRIPTS)
    else:
        print("no RAVDESS beside this checkout: no table of clips")


def lasting_changes(shown: Shown) -> Iterator[tuple[int, int]]:
    """First and last moment, exclusive, of every spell of one label that lives for `LASTING_S` after another one."""
    edges = [i for i in range(1, len(shown)) if shown[i] != shown[i - 1]]
    for start, stop in zip(edges, [*edges[1:], len(shown)], strict=True):
        if shown[start] is not None and (stop - start) * HOP_S >= LASTING_S:
            yield start, stop


def judged(votes: Votes, shown: Shown) -> Row:
    """Compare what is shown with the argmax and with the reference."""
    raw = votes.raw()
    changes = [(raw[start], range(start, stop)) for start, stop in lasting_changes(raw)]
    added = [_wait(shown, label, moments) for label, moments in changes]
    spoken = [(one, _moments(votes, one)) for one in votes.utterances if one.label]
    found = [(one, _first(shown, one.label, moments)) for one, moments in spoken]
    truth = [truth_at(votes.utterances, t) for t in votes.times]
    both = [(a, b) for a, b in zip(truth, shown, strict=True) if a is not None and b is not None]
    return Row(
        flips=sum(a != b for a, b in pairwise(one for one in shown if one is not None)) / votes.minutes,
        gaps=sum(a is not None and b is None for a, b in pairwise(shown)) / votes.minutes,
        added=[one for one in added if one is not None],
        missed=sum(one is None for one in added),
        found=[votes.times[at] - one.start for one, at in found if at is not None],
        utterances=len(spoken),
        agreement=sum(a == b for a, b in both) / max(len(both), 1),
        shown=len(both) / max(sum(one is not None for one in truth), 1),
    )


def _wait(shown: Shown, label: str | None, moments: range) -> float | None:
    at = _first(shown, label, moments)
    return None if at is None else (at - moments.start) * HOP_S


def _first(shown: Shown, label: str | None, moments: Iterable[int]) -> int | None:
    return next((at for at in moments if shown[at] == label), None)


def _moments(votes: Votes, one: Utterance) -> list[int]:
    """Labels of an utterance: those until 2 s after it, but not into the next one that has a label."""
    following = (next_one.start for next_one in votes.utterances if next_one.label and next_one.start > one.start)
    end = min(one.end + 2.0, next(following, np.inf))
    return [at for at, t in enumerate(votes.times) if one.start < t <= end]


def line(name: str, row: Row) -> str:
    """One line of a table."""
    middle, late = np.percentile(row.added, [50, 90]) if row.added else (np.nan, np.nan)
    found = float(np.median(row.found)) if row.found else np.nan
    missed = f"{row.missed}/{row.missed + len(row.added)}"
    reached = f"{len(row.found)}/{row.utterances}"
    return (
        f"  {name:30} {row.flips:6.1f} {row.gaps:6.1f} {middle:7.1f} {late:5.1f} {missed:>8}"
        f" {found:9.1f} {reached:>9} {row.agreement:7.1%} {row.shown:6.1%}"
    )


def options_named(options: SteadyOptions) -> str:
    """Short name of a row."""
    return f"enter {options.enter:.2f} leave {options.leave:.2f} dwell {options.dwell_s:.1f}"


def grid() -> Iterator[SteadyOptions]:
    """Around the defaults: each of the three alone."""
    default = SteadyOptions()
    for dwell_s in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        yield SteadyOptions(default.enter, default.leave, dwell_s)
    for enter in (0.2, 0.3, 0.34, 0.4, 0.45, 0.5):
        yield SteadyOptions(enter, min(default.leave, enter), default.dwell_s)
    for leave in (0.1, 0.15, 0.18, 0.22, 0.26, 0.3):
        yield SteadyOptions(max(default.enter, leave), leave, default.dwell_s)


def main() -> None:
    """Print one table for each session."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    for votes in sessions(count):
        print(f"{votes.name}, {votes.minutes:.1f} minutes")
        print(f"  {'':30}  flips   gaps  added delay, s         to reference, s")
        print(f"  {'':30}   /min   /min  median   p90   missed    median   reached   agree  shown")
        print(line("raw argmax", judged(votes, votes.raw())))
        print(line("default", judged(votes, votes.steady(SteadyOptions()))))
        for options in grid():
            print(line(options_named(options), judged(votes, votes.steady(options))))


if __name__ == "__main__":
    main()
