"""Keeps a running session: what went in, what was decided by the clock, and what came out."""

from collections.abc import Mapping

from devices.sessions.recorder import Recorder
from realtime.arrivals import Arrival, Item
from realtime.retelling import as_note, decided
from realtime.session import Message


class Recording:
    """Writes items and messages of a session down as they come.

    Parameters
    ----------
    recorder
        Where to.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

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
            self.recorder.note("message", **body)

    @property
    def facts(self) -> Mapping[str, object]:
        """How it goes, for the screen."""
        return {"folder": str(self.recorder.folder), "bytes": self.recorder.bytes, "problem": self.recorder.problem}
