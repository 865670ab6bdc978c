"""One moment of a session, complete and immutable, for whoever draws it."""

from dataclasses import dataclass, field
from typing import Literal

from devices.block import DeviceState
from models.scores import Modality

State = Literal["confirmed", "tentative", "uncertain"]


@dataclass(frozen=True, slots=True)
class Lane:
    """One modality as the screen shows it."""

    modality: Modality
    probabilities: tuple[float, ...] | None = None
    """In the order of the labels; None when nothing valid is held"""
    weight: float = 0.0
    """Share of the vote now, 0..1"""
    age: float | None = None
    """Seconds since the end of the window that was scored last"""
    reason: str | None = None
    """Why there is no vote: no speech yet, no sensor, warming up, ..."""
    level: tuple[float, ...] = ()
    """Recent input levels 0..1, oldest first (voice: loudness; bio: tonic EDA; text: transcript confidence)"""
    detail: str = ""
    """Facts in a few words: `speech`, `HR 72  EDA 1.4 µS  31.2 °C`"""


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One finished segment with its words."""

    start: float
    end: float
    text: str
    """Empty when `reason` says why"""
    label: str | None
    truth: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One past rolling label on the timeline, beside the reference at that time."""

    t: float
    label: str | None
    """None when abstained"""
    truth: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the dashboard draws."""

    source: str
    bundle: str
    labels: tuple[str, ...]
    t: float = 0.0
    """Session time, seconds"""
    duration: float | None = None
    speed: float | None = 1.0
    """Replay speed; None for as fast as possible"""
    lag: float = 0.0
    """Seconds by which the labels trail the input, in session time"""
    label: str | None = None
    """None when abstaining"""
    state: State = "uncertain"
    probabilities: tuple[float, ...] | None = None
    """The fused rolling vote, in the order of `labels`"""
    lanes: tuple[Lane, ...] = ()
    """voice, text, bio, in this order"""
    lines: tuple[SpokenLine, ...] = ()
    """The latest segments, oldest first"""
    hearing: str | None = None
    """What is going on with the words now: `listening`, `speech`, `transcribing`"""
    timeline: tuple[Moment, ...] = ()
    """Every rolling label so far, oldest first"""
    has_reference: bool = False
    synthetic: bool = False
    counters: tuple[tuple[str, str], ...] = ()
    """Name and value: segments 12, correct 7/10, lost 0, ..."""
    notices: tuple[str, ...] = ()
    """The latest things the user should know, oldest first"""
    latency_ms: tuple[tuple[str, float], ...] = field(default=())
    """Name and median so far: voice 12.0, text 340.0"""
    age_ms: tuple[float, float, float] | None = None
    """Of the labels, from the last sample that they used: p50, p95, maximum; None before the first"""
    badges: tuple[str, ...] = ()
    """What must never be overlooked: REC, PAUSED"""
    prompt: str = ""
    """What the keyboard is asked for"""
    keys: str = ""
    """What can be pressed"""
    devices: tuple[DeviceState, ...] = ()
    """Those of a live session; none where the source is a recording"""
    finished: bool = False
