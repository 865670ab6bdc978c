"""What the people before a running session ask for, from the keyboard's thread to the session's."""

from collections.abc import Callable
from queue import Empty, SimpleQueue

from devices.block import Command
from models.scores import MODALITIES
from realtime.keys import Wish
from realtime.pacing import Pacer

SEEK_S = 10.0
"""Seconds of session time that an arrow goes"""


class Controls:
    """Wishes in, commands for the pipeline out; what only concerns the pace or the screen is done at once.

    Parameters
    ----------
    seekable
        Whether the source can begin at another time.
    """

    def __init__(self, pacer: Pacer, *, seekable: bool = False) -> None:
        self.snapshot: Callable[[], str] = lambda: "there is no screen"
        """Saves a picture of the screen, and returns what to say of it"""
        self.seek_by = 0.0
        """Seconds by which the source shall be played from elsewhere, once this session has ended"""
        self._pacer, self._seekable = pacer, seekable
        self._asked: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self._muted: set[str] = set()
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether the recording is held, or the modalities of a live session are muted."""
        return self._paused

    def wish(self, wish: Wish) -> None:
        """Take a wish; safe from any thread."""
        match wish.action:
            case "pause":
                self._pause()
            case "step":
                self._pacer.step()
            case "mute":
                self._mute({*self._muted} ^ {wish.value})
            case "snapshot":
                self._asked.put(("snapshot", self.snapshot()))
            case "forward" | "back":
                self._seek(SEEK_S if wish.action == "forward" else -SEEK_S)
            case "quit":
                self._asked.put(("quit", ""))
                self._pacer.stop()
            case _:
                self._asked.put((wish.action, wish.value))

    def commands(self, t: float) -> list[Command]:
        """Return what has been asked for since the last time, as commands at session time `t`."""
        found: list[Command] = []
        while True:
            try:
                action, value = self._asked.get_nowait()
            except Empty:
                return found
            found.append(Command(t, action, value))

    def _pause(self) -> None:
        """Hold a recording; of what is live, nothing counts until it goes on."""
        before = self._silenced
        self._paused = not self._paused
        self._asked.put(("pause" if self._paused else "resume", ""))
        if self._pacer.live:
            self._tell(before)
        else:
            self._pacer.pause()

    def _mute(self, muted: set[str]) -> None:
        before = self._silenced
        self._muted = muted
        self._tell(before)

    @property
    def _silenced(self) -> set[str]:
        return set(MODALITIES) if self._paused and self._pacer.live else self._muted

    def _tell(self, before: set[str]) -> None:
        """Ask for what makes the pipeline mute those that are to be silent now."""
        now = self._silenced
        for modality in MODALITIES:
            if (modality in now) != (modality in before):
                self._asked.put(("mute" if modality in now else "unmute", modality))

    def _seek(self, seconds: float) -> None:
        if self._seekable:
            self.seek_by = seconds
            self._pacer.stop()
