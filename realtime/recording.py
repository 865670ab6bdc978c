"""Keeps a running session: what went in, what was decided by the clock, and what came out."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devices.live import LiveSource
from devices.sessions.recorder import Recorder
from devices.source import About
from models.bundle import Bundle
from realtime.arrivals import Arrival, Item
from realtime.retelling import MESSAGE, as_note, decided
from realtime.session import Message, SessionOptions, Tap


class Recording:
    """Writes items and messages of a session down as they come.

    Parameters
    ----------
    recorder
        Where to.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._told: str | None = None

    @property
    def badge(self) -> str:
        """That it is recorded; these are data of somebody's body."""
        return "REC" if self.recorder.problem is None else ""

    def item(self, item: Item) -> None:
        """Keep what the pipeline takes next."""
        if isinstance(item, Arrival):
            kind, values = as_note(item)
            self.recorder.note(kind, **values)
        else:
            self.recorder.write(item)

    def message(self, message: Message) -> None:
        """Keep what is decided."""
        if (body := decided(message)) is not None:
            self.recorder.note(MESSAGE, **body)

    def news(self, *, finished: bool) -> str | None:
        """Say once that recording had to stop, and at the end where the recording is."""
        problem = self.recorder.problem
        if problem is not None and problem != self._told:
            self._told = problem
            return problem
        return f"recorded in {self.recorder.folder}" if finished else None


@contextmanager
def recording(
    place: Path | None, source: About, bundle: Bundle, options: SessionOptions, no_words: str | None
) -> Iterator[list[Tap]]:
    """Yield what records a session in a new folder in `place`; nothing when that is None.

    Raises
    ------
    CannotRecord
        When the folder cannot be made.
    """
    if place is None:
        yield []
        return
    facts = {
        "bundle": bundle.identity,
        "bundle_name": bundle.name,
        "settings": settings_of(options),
        "no_words": no_words,
        "profile": bundle.person.to_json() if bundle.person else None,
    }
    with Recorder(place, source, facts) as recorder:
        if isinstance(source, LiveSource):
            source.keep_bytes(recorder.capture)
        yield [Recording(recorder)]


def settings_of(options: object, path: str = "") -> list[str]:
    """Every value of nested options, as `--set` takes it.

    >>> settings_of(SessionOptions())[0]
    'speech.start_probability=0.5'
    """
    assert dataclasses.is_dataclass(options)  # noqa: S101 - for mypy
    found = []
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        inner = dataclasses.is_dataclass(value)
        found += settings_of(value, f"{path}{field.name}.") if inner else [f"{path}{field.name}={json.dumps(value)}"]
    return found
