"""Messages as JSON lines, version 1: one object per line, times in seconds of session time."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from devices.block import Command, DeviceState, Gap
from models.scores import LABELS
from realtime.fusion import Label, SegmentResult
from realtime.session import Message, Notice, Opening
from realtime.summary import SessionSummary
from realtime.vote import Ballot

Json = dict[str, object]


def as_json(message: Message | SessionSummary) -> Json:
    """A message as the object that stands for it on its line."""
    match message:
        case Opening():
            body: Json = {
                "type": "session",
                "id": message.source,
                "source": message.source,
                "bundle": message.bundle,
                "labels": list(message.labels),
                "duration": message.duration,
                "synthetic": message.synthetic,
            }
        case Notice():
            body = {"type": "notice", "t": _seconds(message.t), "text": message.text}
        case DeviceState():
            body = {"type": "device", "t": _seconds(message.t)} | _device(message)
        case Gap():
            body = {
                "type": "gap",
                "stream": message.stream,
                "t": _seconds(message.time),
                "lost": message.lost,
                "duration": _seconds(message.duration),
                "reason": message.reason,
            }
        case Command():
            body = {"type": "command", "t": _seconds(message.t), "action": message.action, "value": message.value}
        case Label():
            body = {"type": "label", "t": _seconds(message.t), "label": message.label, "state": message.state}
            body |= _ballot(message.ballot)
            if message.latency_ms:
                body["latency_ms"] = _milliseconds(message.latency_ms)
        case SegmentResult():
            body = _segment(message)
        case SessionSummary():
            body = _summary(message)
    return {"v": 1} | body


def as_line(message: Message | SessionSummary) -> str:
    """A message as one line."""
    return json.dumps(as_json(message), ensure_ascii=False) + "\n"


def _segment(result: SegmentResult) -> Json:
    scored = result.scored
    return {
        "type": "segment",
        "start": _seconds(scored.segment.start),
        "end": _seconds(scored.segment.end),
        "closed": _seconds(scored.segment.closed_at),
        "closed_by": scored.segment.reason,
        "transcript": scored.transcript.text,
        "label": result.label,
        **_ballot(result.ballot),
        "latency_ms": _milliseconds(result.latency_ms),
        "truth": scored.reference.label if scored.reference else None,
        "reference": scored.reference.id if scored.reference else None,
    }


def _summary(summary: SessionSummary) -> Json:
    return {
        "type": "summary",
        "source": summary.source,
        "duration": _seconds(summary.duration),
        "segments": summary.segments,
        "scored": summary.scored,
        "with_truth": summary.with_truth,
        "correct": summary.correct,
        "accuracy": _share(summary.accuracy),
        "uar": _share(summary.uar),
        "confusion": summary.confusion,
        "modality_accuracy": {one: _share(value) for one, value in summary.modality_accuracy.items()},
        "rolling_agreement": _share(summary.rolling_agreement),
        "abstained": _share(summary.abstained),
        "dropped": dict(summary.dropped),
        "devices": [_device(device) for device in summary.devices],
        "accounts": [asdict(one) | {"missing": one.missing} for one in summary.accounts],
        "latency_ms": {
            name: {key: round(value, 1) for key, value in latency._asdict().items()}
            for name, latency in summary.latency_ms.items()
        },
    }


def _device(device: DeviceState) -> Json:
    return {
        "device": device.device,
        "state": device.state,
        "problem": device.problem,
        "drift_ppm": None if device.drift_ppm is None else round(device.drift_ppm, 1),
        "latency_ms": None if device.latency_s is None else round(1000.0 * device.latency_s, 1),
        "lost": device.lost,
        "reconnects": device.reconnects,
        "away": _seconds(device.away_s),
    }


def _ballot(ballot: Ballot) -> Json:
    return {
        "probabilities": _probabilities(ballot.probabilities),
        "modalities": {
            modality: {
                "probabilities": _probabilities(vote.probabilities),
                "weight": round(vote.weight, 4),
                "age": _seconds(vote.age),
                "reason": vote.reason,
            }
            for modality, vote in ballot.votes.items()
        },
    }


def _probabilities(values: NDArray[np.float32] | None) -> Mapping[str, float] | None:
    if values is None:
        return None
    return {label: round(float(value), 4) for label, value in zip(LABELS, values, strict=True)}


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _milliseconds(parts: Mapping[str, float]) -> Mapping[str, float]:
    return {name: round(value, 1) for name, value in parts.items()}


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
