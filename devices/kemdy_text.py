"""KEMDy transcripts: one line per utterance, in which transcribers marked breaths, laughs and overlapping speech."""

import re
from pathlib import Path

_OVERLAP = re.compile(r"\(([^()+]*)\+([^()]*)\)")
_UNDER_OVERLAP = re.compile(r"\(([^()]*)\)")
_MARKER = re.compile(r"[A-Za-z]/")
_LEFT_OVER = re.compile(r"[+*()]")


def read_transcript(path: Path) -> str | None:
    """Read and clean one transcript (KEMDy19 is UTF-8, KEMDy20 CP949); None when neither decodes it."""
    text = decoded(path.read_bytes())
    return None if text is None else cleaned(text)


def cleaned(text: str) -> str:
    """Remove what speech recognition never produces: markers, and of overlapping speech the other person's words.

    Digits, Latin letters and punctuation stay. The result may be empty.
    """
    text = _OVERLAP.sub(r"\2", text)
    text = _UNDER_OVERLAP.sub(r"\1", text)
    text = _MARKER.sub(" ", text)
    text = _LEFT_OVER.sub(" ", text)
    return " ".join(text.split())


def decoded(raw: bytes) -> str | None:
    """Read bytes as UTF-8, else as CP949; None when they are neither."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
