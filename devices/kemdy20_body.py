"""One person's biosignals in one KEMDy20 script, on the script's time line."""

from collections.abc import Mapping
from pathlib import Path

from devices.beats import BeatTrack
from devices.kemdy20_bio import RATE, read_beats, read_signal20
from devices.kemdy_bio import BioSignal, scene_offset
from devices.kemdy_body import Body
from devices.source import UnreadableSource
from devices.stretch import Track

_NO_ROWS = "no rows in the file"


def read_body20(files: Mapping[str, Mapping[str, Path]], starts: Mapping[str, float], person: str | None) -> Body:
    """Read the body of `person`, or where that is None of the first who has any EDA or TEMP in the script.

    Parameters
    ----------
    files
        Person (`User197F`) to stream to file, of the files that exist.
    starts
        Segment ID to annotated start, seconds since the start of the script.
    person
        `User197F`, `User197`, or F or M, which is the first of that gender.
    """
    asked = [each for each in sorted(files) if person is None or person in (each, each[:-1], each[-1])]
    for candidate in asked:
        body = _read(candidate, files[candidate], starts)
        if body.tracks:
            return body
    return Body(None, [], [f"no body: no biosignal of {person or 'anybody'} in this script"])


def _read(person: str, files: Mapping[str, Path], starts: Mapping[str, float]) -> Body:
    notices = [f"body: {person}'s"]
    signals = {stream: _signal(files, stream, notices) for stream in ("eda", "temp")}
    read = {stream: signal for stream, signal in signals.items() if signal}
    offsets = [offset for offset in (scene_offset(signal, starts) for signal in read.values()) if offset is not None]
    if not offsets:
        return Body(None, [], [])
    tracks: list[Track | BeatTrack] = [
        Track(stream, RATE, signal.stretches(offsets[0]), _NO_ROWS) for stream, signal in read.items()
    ]
    notices += [f"{stream}: {notice}" for stream, signal in read.items() for notice in signal.notices]
    ended = max(float(signal.clock[-1]) for signal in read.values()) + 1 / RATE - offsets[0]
    beats = _beats(files, offsets[0], ended, notices)
    return Body(person[:-1], [*tracks, *beats], notices)


def _signal(files: Mapping[str, Path], stream: str, notices: list[str]) -> BioSignal | None:
    try:
        signal = read_signal20(files[stream]) if stream in files else None
    except UnreadableSource as error:
        notices.append(f"no {stream}: {error}")
        return None
    if signal is None:
        notices.append(f"no {stream}: {files[stream].name + ' is empty' if stream in files else 'there is no file'}")
    return signal


def _beats(files: Mapping[str, Path], offset: float, ended: float, notices: list[str]) -> list[BeatTrack]:
    """Place the beats by the time of day at which EDA and TEMP have the script begin."""
    if "ibi" not in files:
        notices.append("no ibi: there is no file")
        return []
    try:
        beats = read_beats(files["ibi"])
    except UnreadableSource as error:
        notices.append(f"no ibi: {error}")
        return []
    if not len(beats.times):
        notices.append(f"no ibi: {files['ibi'].name} is empty")
        return []
    notices += [f"ibi: {notice}" for notice in beats.means.notices]
    began = float(beats.clock[0] - beats.times[0])
    return [BeatTrack(beats.times + began - offset, beats.intervals, ended, _NO_ROWS)]
