"""Invented sessions for tests of recordings: any events, and a steady session whose every sample is known."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from devices.block import Away, Block, Command, DeviceState, Event, Gap, Quality, SensorNotice
from devices.sessions.lines import Entry, Note
from devices.sessions.recorder import Recorder
from devices.source import Utterance


class Invented:
    """A source that says this and that of itself; its events are given to the recorder by the test."""

    name = "invented"
    duration = None
    rates: ClassVar = {"audio": 16_000.0, "eda": 4.0, "ibi": 0.0}
    person = "F"
    synthetic = True
    utterances = (Utterance("Sess01_1", 0.5, 1.5, "F", "안녕", "happy"), Utterance("Sess01_2", 2.0, 3.0))

    def __init__(self) -> None:
        self.said = ["eda: no contact at the start"]

    def notices(self) -> list[str]:
        return list(self.said)

    def events(self) -> Iterator[Event]:
        return steady(10.0)


def steady(seconds: float) -> Iterator[Event]:
    """Audio, skin conductance and beats, in the order of arrival; a sample tells its place."""
    for k in range(round(seconds / 0.032)):
        index, time = 512 * k, 0.032 * k
        yield Block("audio", index, time, 16_000.0, np.arange(index, index + 512, dtype=np.float32) / 2**24)
        if k % 16 == 15:
            yield Block("eda", k // 16 * 2, k // 16 * 0.5, 4.0, np.float32([k, k + 0.5]), Quality.NO_CONTACT)
        if k % 25 == 24:
            yield Block("ibi", k // 25, time, 0.0, np.float32([0.8]))
        if k % 40 == 39:
            yield Command(time, "mark", f"at {k}")


_time = st.floats(0, 1e5, allow_nan=False)
_text = st.text(max_size=20)
_stream = st.sampled_from(["audio", "eda", "ecg", "temp", "ibi", "a/b.c"])
_values = npst.arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32))

events = st.one_of(
    st.builds(
        Block,
        _stream,
        st.integers(0, 2**53),
        _time,
        st.sampled_from([0.0, 4.0, 16_000.0, 255.9]),
        _values,
        st.sampled_from([*Quality, Quality.CLIPPED | Quality.SILENT, Quality.OK]),
    ),
    st.builds(
        Gap,
        _stream,
        _time,
        st.none() | st.integers(0, 2**53),
        st.none() | st.floats(0, 1e5, allow_nan=False),
        _text,
    ),
    st.builds(Away, _stream, _time),
    st.builds(SensorNotice, _time, _text),
    st.builds(DeviceState, _time, _text, _text, st.none() | _text, st.none() | _time, st.none() | _time),
    st.builds(Command, _time, _text, _text),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
notes = st.builds(Note, _text, st.dictionaries(_text.filter(lambda key: key != "note"), _json, max_size=3))
sessions = st.lists(events | notes, max_size=40)


def write_all(recorder: Recorder, entries: Iterable[Entry]) -> None:
    """Give a recorder events and notes."""
    for entry in entries:
        if isinstance(entry, Note):
            recorder.note(entry.kind, **entry.fields)
        else:
            recorder.write(entry)


def plain(entries: Iterable[Entry]) -> list[object]:
    """Make events comparable: samples by their bits."""
    return [_plain(entry) for entry in entries]


def _plain(entry: Entry) -> object:
    if isinstance(entry, Block):
        values = np.asarray(entry.values, np.float32).tobytes()
        return (entry.stream, entry.index, entry.time, entry.rate, values, entry.flags)
    return entry
