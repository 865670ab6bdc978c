"""From a path to the sources behind it: what kind of recording it is, and which of its parts are wanted."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from devices.audio_file import BLOCK_SAMPLES, AudioFile
from devices.audio_with_bio import AudioWithBio
from devices.bio_source import BioSource
from devices.empatica import is_e4, read_e4
from devices.kemdy19 import Kemdy19, compact, find_kemdy19
from devices.kemdy20 import Kemdy20, find_kemdy20
from devices.link.captured import is_capture
from devices.link.captured_source import CapturedSource
from devices.opensignals import read_opensignals
from devices.opensignals_header import is_opensignals
from devices.sensors.driver import Wanted
from devices.sensors.url import BadSensorUrl, wanted_channels
from devices.sessions.layout import is_recording
from devices.sessions.recorded import RecordedSession
from devices.source import Source, SourceError, SourceNotFound, UnreadableSource
from devices.xdf import XdfRecording, is_xdf


class Kind(StrEnum):
    """What a path can be."""

    AUDIO = "an audio file"
    KEMDY19 = "a KEMDy19 corpus"
    KEMDY20 = "a KEMDy20 corpus"
    E4 = "an Empatica E4 export"
    OPENSIGNALS = "an OpenSignals recording"
    CAPTURE = "a raw capture of a biosensor"
    XDF = "an XDF file"
    SESSION = "a recorded session"


def recognise(path: Path) -> Kind:
    """Tell what a path is by what it holds, not by its name. Any other file counts as audio until it is opened.

    Raises
    ------
    SourceNotFound
        There is nothing at this path.
    UnreadableSource
        A folder that is empty, or is none of `Kind`.
    """
    if not path.exists():
        raise SourceNotFound(f"{path}: no such file or folder")
    if path.is_file():
        if is_capture(path):
            return Kind.CAPTURE
        if is_xdf(path):
            return Kind.XDF
        return Kind.OPENSIGNALS if is_opensignals(path) else Kind.AUDIO
    if not any(path.iterdir()):
        raise UnreadableSource(f"{path}: the folder is empty")
    if find_kemdy19(path):
        return Kind.KEMDY19
    if find_kemdy20(path):
        return Kind.KEMDY20
    if is_e4(path):
        return Kind.E4
    if is_recording(path):
        return Kind.SESSION
    root = "a KEMDy root with annotation/SessionNN_F_res.csv or annotation/SessNN_eval.csv"
    raise UnreadableSource(f"{path}: neither an audio file nor {root}")


def open_recordings(
    path: Path,
    session: int | None = None,
    scene: str | None = None,
    person: str | None = None,
    bio: Path | None = None,
    *,
    block_samples: int = BLOCK_SAMPLES,
) -> Iterator[Source]:
    """Open what `path` holds, one source after the other; of a corpus every scene, in order, unless one is named.

    Parameters
    ----------
    path
        An audio file; a KEMDy19 or KEMDy20 root or the folder it lies in; a recorded session; an XDF file, after whose
        name `?channels=eda:GSR/uS` may say what it does not; or a recording of a body, as `open_body` takes it.
    session, scene, person
        Which part of a corpus, and whose body; only for a corpus.
    bio
        What was recorded beside an audio file, as `open_body` takes it; only for an audio file.
    block_samples
        Of audio in each block.

    Raises
    ------
    SourceNotFound
        There is no such path, session or scene; the message lists those that there are.
    UnreadableSource
        It cannot be read.
    SourceError
        A parameter does not apply to this kind of recording.
    """
    kind = recognise(_with_channels(path)[0])
    if bio and kind is not Kind.AUDIO:
        raise SourceError(f"--bio goes with an audio file; {path} is {kind}")
    if kind in (Kind.KEMDY19, Kind.KEMDY20):
        corpus = Kemdy19(path) if kind is Kind.KEMDY19 else Kemdy20(path)
        return _scenes(corpus, session, scene, person, block_samples)
    if session is not None or scene or person:
        raise SourceError(f"--session, --scene and --person choose within a corpus; {path} is {kind}")
    if kind is Kind.SESSION:
        return iter([RecordedSession(path)])
    if kind is Kind.XDF:
        return iter([XdfRecording(*_with_wanted(path), block_samples)])
    return iter([open_audio(path, bio, block_samples) if kind is Kind.AUDIO else open_body(path)])


def open_audio(path: Path, bio: Path | None = None, block_samples: int = BLOCK_SAMPLES) -> Source:
    """Open an audio file, alone or with a recording of the body that began at the same moment."""
    audio = AudioFile(path, block_samples)
    return AudioWithBio(audio, open_body(bio)) if bio else audio


def open_body(path: Path) -> BioSource | CapturedSource:
    """Open a recording of the body.

    Parameters
    ----------
    path
        An Empatica E4 export folder, an OpenSignals text file, or a raw capture of a sensor; after the name of a file
        `?channels=eda:A3/rev2016,ecg:A2` may say what its channels are.

    Raises
    ------
    SourceNotFound, UnreadableSource
    """
    file, wanted = _with_wanted(path)
    if is_capture(file):
        return CapturedSource(file, wanted)
    if file.is_file() and (wanted or is_opensignals(file)):
        return BioSource(read_opensignals(file, wanted))
    return BioSource(read_e4(file))


def _with_channels(path: Path) -> tuple[Path, str]:
    """Part `FILE?channels=...` into the file and its channels; of any other path, none."""
    name, _, channels = ("", "", "") if path.exists() else str(path).rpartition("?channels=")
    return Path(name or path), channels


def _with_wanted(path: Path) -> tuple[Path, tuple[Wanted, ...]]:
    """Part a path into the file and what its channels are, where it says so."""
    file, channels = _with_channels(path)
    try:
        return file, wanted_channels(str(path), channels)
    except BadSensorUrl as error:
        raise UnreadableSource(str(error)) from None


def _scenes(
    corpus: Kemdy19 | Kemdy20, session: int | None, scene: str | None, person: str | None, block_samples: int
) -> Iterator[Source]:
    """Find the wanted scenes at once, so that a wrong number is refused before anything plays; open them one by one."""
    if session is not None:
        wanted = [(session, name) for name in ([scene] if scene else corpus.scenes(session))]
    else:
        everything = [(number, name) for number in corpus.sessions() for name in corpus.scenes(number)]
        wanted = [(number, name) for number, name in everything if scene in (None, name)]
        if not wanted:
            what = f"scene {scene!r}" if everything else "utterance"
            raise SourceNotFound(f"{corpus.root}: no {what} in any of its sessions ({compact(corpus.sessions())})")
    return (corpus.scene(number, name, person, block_samples=block_samples) for number, name in wanted)
