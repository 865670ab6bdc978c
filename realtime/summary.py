"""What a session came to, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.block import DeviceState
from models.scores import LABELS, Modality
from realtime.accounts import Account


class Latency(NamedTuple):
    """How long one kind of result took, milliseconds."""

    p50: float
    p95: float
    max: float


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One session at its end; what cannot be known without a reference is None or empty."""

    source: str
    bundle: str
    labels: tuple[str, ...] = LABELS
    synthetic: bool = False
    duration: float = 0.0
    """Session time, seconds"""
    elapsed: float | None = None
    """Wall time, seconds"""
    segments: int = 0
    scored: int = 0
    """Segments that got a label"""
    with_truth: int = 0
    """Scored segments with a reference label"""
    correct: int = 0
    accuracy: float | None = None
    uar: float | None = None
    """Unweighted average recall over the labels that occur in the reference"""
    confusion: tuple[tuple[int, ...], ...] = ()
    """[truth][predicted], in the order of `labels`"""
    modality_accuracy: Mapping[Modality, float] = field(default_factory=dict)
    rolling_agreement: float | None = None
    """Share of the rolling labels that equal the reference, where both exist"""
    abstained: float = 0.0
    """Share of the rolling labels that were withheld"""
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    """By name: voice, text, ..."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many of what were lost or skipped: `audio samples lost`, `rows skipped`"""
    accounts: tuple[Account, ...] = ()
    """What every stage took, did, dropped and still had"""
    devices: tuple[DeviceState, ...] = ()
    """Those of a live session, as they were at its end"""
    notices: tuple[str, ...] = ()
