"""What the keys mean while a session runs: characters in, wishes out."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.scores import LABELS, MODALITIES

HELP = "space pause · v t b mute · m mark · w wrong · c calibrate · s snapshot · q quit"
"""For the foot of the screen"""
REPLAY_HELP = "space pause · . step · ← → seek · " + HELP.partition(" · ")[2].replace("c calibrate · ", "")

_MUTES = {modality[0]: modality for modality in MODALITIES}
_PLAIN = {
    " ": "pause",
    ".": "step",
    "c": "calibrate",
    "m": "mark",
    "s": "snapshot",
    "q": "quit",
    "\x1b[C": "forward",
    "\x1b[D": "back",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody at the keyboard wants."""

    action: str
    """pause, step, mute, mark, correct, calibrate, snapshot, forward, back, quit"""
    value: str = ""
    """What it is done to, or with: a modality, a label"""


@dataclass(slots=True)
class Keys:
    """Characters of a terminal in, wishes out; `w` asks for the right label by its number."""

    prompt: str = ""
    """What is asked now; empty when nothing is"""
    _held: str = ""

    def press(self, text: str) -> Iterator[Wish]:
        """Take what was typed, in pieces of any size."""
        for character in text:
            self._held += character
            if self._held in ("\x1b", "\x1b["):
                continue  # the beginning of an arrow
            key, self._held = self._held, ""
            yield from self._wish(key)

    def _wish(self, key: str) -> Iterator[Wish]:
        if self.prompt:
            self.prompt = ""
            if key.isdecimal() and 1 <= int(key) <= len(LABELS):
                yield Wish("correct", LABELS[int(key) - 1])
        elif key == "w":
            self.prompt = "right label: " + "  ".join(f"{number} {label}" for number, label in enumerate(LABELS, 1))
        elif key in _MUTES:
            yield Wish("mute", _MUTES[key])
        elif key in _PLAIN:
            yield Wish(_PLAIN[key])
