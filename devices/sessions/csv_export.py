"""A recording as tables, one file for each stream, and its sound as a WAV file.

::

    eda.csv      session_s,eda_uS,quality             one row for each sample; lost ones have none
    labels.csv   session_s,until_s,kind,label,...     what the session said about emotion
    events.csv   session_s,kind,what,detail           gaps, notices, devices, commands, and everything else it noted
    audio.wav    float32, 16 kHz, from session time 0 on; lost samples are zero
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np

from devices.block import Away, Block, Command, DeviceState, Gap, Quality, SensorNotice
from devices.sessions import wav
from devices.sessions.exporting import UNITS, Progress, give, is_label, new_file, new_folder, time_of
from devices.sessions.lines import Entry, Note
from devices.sessions.recorded import RecordedSession

Row = Sequence[object]

_LABELS = ("session_s", "until_s", "kind", "label", "state", "transcript")
_EVENTS = ("session_s", "kind", "what", "detail")


def export_csv(session: RecordedSession, folder: Path, progress: Progress | None = None) -> None:
    """Write a recording as tables into a new folder.

    Raises
    ------
    CannotExport
        When there is such a folder, or it cannot be written.
    """
    with new_folder(folder), ExitStack() as files:
        give(_Export(folder, files), session, progress)


class _Export:
    """Tables being written."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self._folder, self._files = folder, files
        self._open: dict[str, BinaryIO] = {}
        self._now = 0.0
        self._rate = self._shift = self._heard = 0
        self._probabilities: list[str] = []

    def take(self, entry: Entry) -> None:
        """Write what came."""
        match entry:
            case Block() if entry.stream == "audio":
                self._sound(entry)
            case Block():
                unit = f"{entry.stream}_{UNITS[entry.stream]}" if entry.stream in UNITS else "value"
                self._rows(f"{entry.stream}.csv", ("session_s", unit, "quality"), _samples(entry))
            case Note() if is_label(entry):
                self._label(entry)
            case Away():
                pass
            case _:
                self._rows("events.csv", _EVENTS, [_event(entry, self._now)])
        if isinstance(entry, Block):
            self._now = max(self._now, entry.end)

    def end(self) -> None:
        """Say in the header of the sound how long it is."""
        if sound := self._open.get("audio.wav"):
            sound.seek(0)
            sound.write(wav.header(self._rate, self._heard))

    def _sound(self, block: Block) -> None:
        if self._rate == 0:
            self._rate = round(block.rate)
            self._shift = round(block.time * block.rate) - block.index
        file = self._file("audio.wav", wav.header(self._rate, 0))
        while (lost := block.index + self._shift - self._heard) > 0:
            silence = min(lost, self._rate)
            file.write(bytes(4 * silence))
            self._heard += silence
        file.write(np.ascontiguousarray(block.values, "<f4").tobytes())
        self._heard += len(block.values)

    def _label(self, note: Note) -> None:
        known = note.fields.get("probabilities")
        if isinstance(known, dict) and not self._probabilities:
            self._probabilities = list(known)
        shares = [known.get(name, "") if isinstance(known, dict) else "" for name in self._probabilities]
        said = [note.fields.get(key) for key in ("end", "type", "label", "state", "transcript")]
        row = [_seconds(time_of(note) or 0.0), *("" if one is None else one for one in said), *shares]
        self._rows("labels.csv", (*_LABELS, *self._probabilities), [row])

    def _rows(self, name: str, head: Sequence[str], rows: Iterator[Row] | Sequence[Row]) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if name not in self._open:
            writer.writerow(head)
        writer.writerows(rows)
        self._file(name).write(text.getvalue().encode())

    def _file(self, name: str, beginning: bytes = b"") -> BinaryIO:
        if name not in self._open:
            self._open[name] = self._files.enter_context(new_file(self._folder / name))
            self._open[name].write(beginning)
        return self._open[name]


def _samples(block: Block) -> Iterator[Row]:
    quality = "|".join(one.name or "" for one in Quality if one & block.flags)
    step = 1 / block.rate if block.rate else 0.0
    for k, value in enumerate(block.values.astype(str)):
        yield _seconds(block.time + k * step), value, quality


def _event(entry: Gap | SensorNotice | DeviceState | Command | Note, now: float) -> Row:
    match entry:
        case Gap():
            length = "still away" if entry.duration is None else f"{entry.duration:.6f} s"
            lost = "" if entry.lost is None else f", {entry.lost} samples"
            return _seconds(entry.time), "gap", entry.stream, f"{length}{lost}: {entry.reason}"
        case SensorNotice():
            return _seconds(entry.t), "notice", "", entry.text
        case DeviceState():
            return (
                _seconds(entry.t),
                "device",
                entry.device,
                f"{entry.state}{f': {entry.problem}' * bool(entry.problem)}",
            )
        case Command():
            return _seconds(entry.t), "command", entry.action, entry.value
        case Note():
            time = time_of(entry)
            return (
                _seconds(now if time is None else time),
                "note",
                entry.kind,
                json.dumps(dict(entry.fields), ensure_ascii=False),
            )


def _seconds(time: float) -> str:
    return f"{time:.6f}"
