"""Names of the files of a recording."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

MARK, VERSION = "session recording", 1
MANIFEST, INDEX, RAW = "manifest.json", "chunks.jsonl", "raw"

_OF_CHUNK = re.compile(r"\d{5,}\.(events\.jsonl|audio\.wav|[^/]+\.f32)")
_EVENTS = ".events.jsonl"
_CAPTURE = ".capture"


def events_name(chunk: int) -> str:
    """File of a chunk's lines."""
    return f"{chunk:05}{_EVENTS}"


def values_name(chunk: int, stream: str) -> str:
    """File of the samples of a stream in a chunk."""
    return f"{chunk:05}.audio.wav" if stream == "audio" else f"{chunk:05}.{quote(stream, safe='')}.f32"


def capture_name(device: str) -> str:
    """File of the bytes of a device, within the recording."""
    return f"{RAW}/{quote(device, safe=' ')}{_CAPTURE}"


def chunks(folder: Path) -> list[int]:
    """List the chunks of which there are lines."""
    names = [path.name for path in folder.glob(f"*{_EVENTS}") if _OF_CHUNK.fullmatch(path.name)]
    return sorted(int(name.removesuffix(_EVENTS)) for name in names)


def own_files(folder: Path) -> Iterator[Path]:
    """Yield what belongs to the recording in a folder, the manifest last."""
    yield from (path for path in sorted(folder.iterdir()) if _OF_CHUNK.fullmatch(path.name) or path.name == INDEX)
    yield from captures(folder)
    if (folder / MANIFEST).exists():
        yield folder / MANIFEST


def captures(folder: Path) -> list[Path]:
    """List the raw captures of a recording."""
    raw = folder / RAW
    return sorted(raw.glob(f"*{_CAPTURE}")) if raw.is_dir() and not raw.is_symlink() else []


def is_recording(folder: Path) -> bool:
    """Tell whether a folder is the recording of a session, of any version, by the beginning of its manifest."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return file.read(64).lstrip(b"{ \n").startswith(f'"maeum": "{MARK}"'.encode())
    except OSError:
        return False
