"""One person's biosignals in one KEMDy19 scene, on the scene's time line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.beats import BeatTrack
from devices.kemdy_annotation import PERSONS
from devices.kemdy_bio import RATES, read_scene_signal, scene_offset
from devices.source import UnreadableSource
from devices.stretch import Track

_NAMES = {"F": "the woman", "M": "the man"}


@dataclass(frozen=True, slots=True)
class Body:
    """The streams that there are, and what is to be said about them."""

    person: str | None
    """Who wears the sensors, named as speakers are; None when nobody has any"""
    tracks: Sequence[Track | BeatTrack]
    notices: Sequence[str]


def read_body(
    files: Mapping[str, Mapping[str, Path]],
    scene_id: str,
    starts: Mapping[str, float],
    duration: float,
    person: str | None,
) -> Body:
    """Read the body of `person`, or where that is None of the first of F and M who has any biosignal in the scene.

    Parameters
    ----------
    files
        Person to stream to file.
    scene_id, starts, duration
        As for `devices.kemdy_bio.read_scene_signal`.
    """
    asked = (person,) if person else PERSONS
    for candidate in asked:
        tracks, notices = _tracks(files.get(candidate, {}), scene_id, starts, duration)
        if tracks:
            return Body(candidate, tracks, [f"body: {_NAMES[candidate]}'s ({candidate})", *notices])
    nobody = f"{_NAMES[person]} has no" if person else "neither the woman nor the man has a"
    return Body(None, [], [f"no body: {nobody} biosignal in this scene"])


def _tracks(
    files: Mapping[str, Path], scene_id: str, starts: Mapping[str, float], duration: float
) -> tuple[list[Track], list[str]]:
    tracks, notices = [], []
    for stream, rate in RATES.items():
        if stream not in files:
            notices.append(f"no {stream}: there is no file")
            continue
        try:
            signal = read_scene_signal(files[stream], stream, scene_id, starts, duration)
        except UnreadableSource as error:
            notices.append(f"no {stream}: {error}")
            continue
        offset = scene_offset(signal, starts) if signal else None
        if signal is None or offset is None:
            notices.append(f"no {stream}: {files[stream].name} has no row of this scene")
            continue
        tracks.append(Track(stream, rate, signal.stretches(offset), "no rows in the file"))
        notices += [f"{stream}: {notice}" for notice in signal.notices]
    return tracks, notices
