"""What the body of a KEMDy19 or KEMDy20 scene tells about each of its utterances.

The samples go through the runtime's own windows in the order in which a replay of the scene delivers them, so that the
person's baseline knows the past alone. An utterance gets the last window that ends within it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from devices.beats import BeatTrack
from devices.block import Block
from devices.kemdy19 import Kemdy19
from devices.kemdy20 import Kemdy20
from devices.kemdy20_annotation import Kemdy20Segment
from devices.kemdy20_bio import STREAMS
from devices.kemdy20_body import read_body20
from devices.kemdy_annotation import AnnotatedSegment
from devices.kemdy_bio import RATES, BioSignal, read_scene_signal, scene_offset
from devices.kemdy_speech import Spoken
from devices.source import UnreadableSource
from devices.stretch import Track
from devices.timeline import in_delivery_order
from models.features.bio import FEATURES, BioParameters, BioWindow, compared
from models.windows import BioWindows

MEANS = ("eda", "ecg", "temp")
"""In the order of the original notebooks' input; of ECG files they took the mean of the elapsed seconds"""

OWN_BODY = "body:"
"""How a body's notices begin that tell whose it is"""

BLOCK_S = 10.0
"""Length of the blocks that are cut into windows: these do not depend on it, and a few long blocks cost little"""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """Of n utterances; NaN where something is missing."""

    values: Floats
    """[n, FEATURES] what `models.features.bio.compared` makes of the window"""
    count: Floats
    """[n, FEATURES] of the baseline, as are the next two"""
    mean: Floats
    squares: Floats
    known: NDArray[np.bool_]
    """[n] the window is there and should be scored"""
    means: Floats
    """[n, 2, MEANS] over the rows with the utterance's ID: of the woman's files, of the man's"""

    @classmethod
    def empty(cls, n: int) -> "Bodies":
        """Of utterances without any body."""
        zeros = np.zeros((n, len(FEATURES)))
        means = np.full((n, 2, len(MEANS)), np.nan)
        return cls(zeros + np.nan, zeros.copy(), zeros.copy(), zeros.copy(), np.zeros(n, bool), means)

    def of(self, rows: Sequence[int]) -> "Bodies":
        """Some of the rows."""
        return Bodies(**{each.name: getattr(self, each.name)[list(rows)] for each in fields(self)})


def scene_bodies(corpus: Kemdy19, session: int, segments: Sequence[AnnotatedSegment]) -> tuple[Bodies, list[str]]:
    """Measure both people's bodies over one scene; also what could not be read."""
    bodies, troubles = Bodies.empty(len(segments)), []
    duration = max(segment.end for segment in segments)
    starts = {segment.id: segment.start for segment in segments}
    for which, person in enumerate("FM"):
        signals, unread = _signals(corpus, session, person, segments[0].scene, starts, duration)
        troubles += unread
        for column, stream in enumerate(MEANS):
            if stream in signals:
                bodies.means[:, which, column] = [_mean(signals[stream], stream, each) for each in segments]
        spoken = [row for row, segment in enumerate(segments) if segment.speaker == person]
        windows = _windows(_tracks(signals, starts), duration) if spoken else []
        for row in spoken:
            _put(bodies, row, windows, segments[row])
    return bodies, troubles


def script_bodies(corpus: Kemdy20, session: int, segments: Sequence[Kemdy20Segment]) -> tuple[Bodies, list[str]]:
    """Measure both people's bodies over one script of KEMDy20; also what is missing or could not be read.

    The means of the original notebooks stay unknown, since one of them is that of the ECG.
    """
    bodies, troubles = Bodies.empty(len(segments)), []
    scene, duration = segments[0].scene, max(segment.end for segment in segments)
    starts = {segment.id: segment.start for segment in segments}
    for person in sorted({segment.speaker + segment.gender for segment in segments}):
        paths = {stream: corpus.bio_file(session, scene, person, stream) for stream in STREAMS}
        body = read_body20({person: {name: path for name, path in paths.items() if path.exists()}}, starts, person)
        unread = [notice for notice in body.notices if not notice.startswith(OWN_BODY)]
        troubles += [f"session {session:02}, {scene}, {person}: {notice}" for notice in unread]
        windows = _windows(body.tracks, duration)
        for row, segment in enumerate(segments):
            if segment.speaker + segment.gender == person:
                _put(bodies, row, windows, segment)
    return bodies, troubles


def _signals(
    corpus: Kemdy19, session: int, person: str, scene: str, starts: dict[str, float], duration: float
) -> tuple[dict[str, BioSignal], list[str]]:
    """Streams that have rows of the scene, and those that cannot be read."""
    found, unread = {}, []
    for stream in RATES:
        path = corpus.bio_file(session, person, stream)
        if not path.exists():
            continue
        try:
            signal = read_scene_signal(path, stream, f"Sess{session:02}_{scene}", starts, duration)
        except UnreadableSource as error:
            unread.append(f"no {stream} of {person} in session {session:02}: {error}")
            continue
        if signal is not None and scene_offset(signal, starts) is not None:
            found[stream] = signal
            unread += [f"{stream}: {notice}" for notice in signal.notices]
    return found, unread


def _tracks(signals: dict[str, BioSignal], starts: dict[str, float]) -> list[Track]:
    return [
        Track(stream, signal.rate, signal.stretches(scene_offset(signal, starts) or 0.0), "no rows in the file")
        for stream, signal in signals.items()
    ]


def _windows(tracks: Sequence[Track | BeatTrack], duration: float) -> list[BioWindow]:
    """Every window of one person's scene, as at run time, without its samples."""
    cut, windows = BioWindows(BioParameters(), [track.stream for track in tracks]), list[BioWindow]()
    for event in in_delivery_order(*(track.events(duration, BLOCK_S) for track in tracks)):
        if isinstance(event, Block):
            completed = cut.push(event)
        else:
            completed = cut.advance(event.stream, inf if event.duration is None else event.time + event.duration)
        windows += map(_measured, completed)
    return [*windows, *map(_measured, cut.flush())]


def _measured(window: BioWindow) -> BioWindow:
    """Let go of the samples: 120 KB a window, 30 MB a scene."""
    return replace(window, signals={})


def _put(bodies: Bodies, row: int, windows: Sequence[BioWindow], segment: Spoken) -> None:
    within = [window for window in windows if segment.start < window.end <= segment.end]
    if not within:
        return
    last = within[-1]
    bodies.values[row] = compared(last.measures)
    bodies.count[row], bodies.mean[row], bodies.squares[row] = (
        getattr(last.baseline, name) for name in ("count", "mean", "squares")
    )
    bodies.known[row] = last.reason is None


def _mean(signal: BioSignal, stream: str, segment: AnnotatedSegment) -> float:
    """Over the rows from the first with the segment's ID on, for as long as it lasts; NaN where it has none."""
    if segment.id not in signal.segments:
        return float("nan")
    first = signal.segments[segment.id]
    stop = int(np.searchsorted(signal.clock, signal.clock[first] + segment.end - segment.start))
    column = signal.elapsed if stream == "ecg" else signal.values
    return float(column[first : max(stop, first + 1)].mean())
