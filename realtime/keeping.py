"""What becomes of recorded sessions: `maeum recordings`, `check`, `export` and `forget`."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from realtime.ending import DONE, FAILED, USAGE, complain

if TYPE_CHECKING:
    from devices.sessions.exporting import Progress
    from devices.sessions.recorded import RecordedSession

_QUIET_S = 2.0
"""What takes no longer shows no bar"""
_EVERY_S = 0.1


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    recordings = commands.add_parser("recordings", help="the recorded sessions in a folder")
    recordings.add_argument("place", type=Path, metavar="DIR", help="what --record was given")
    recording = argparse.ArgumentParser(add_help=False)
    recording.add_argument("recording", type=Path, metavar="RECORDING", help="folder of a recorded session")
    commands.add_parser("check", parents=[recording], help="whether a recorded session is as it was written")
    _add_export(commands.add_parser("export", help="a recorded session for other programs, or for maeum-train"))
    forget = commands.add_parser("forget", parents=[recording], help="remove a recorded session for good")
    forget.add_argument("--yes", action="store_true", help="do not ask")


def _add_export(parser: argparse.ArgumentParser) -> None:
    what = "folder of a recorded session; --corpus takes several"
    parser.add_argument("recordings", type=Path, nargs="+", metavar="RECORDING", help=what)
    add = parser.add_mutually_exclusive_group(required=True).add_argument
    add("--csv", type=Path, metavar="DIR", help="tables and a WAV file in a new folder")
    add("--xdf", type=Path, metavar="FILE", help="a new file for the tools of Lab Streaming Layer")
    add("--corpus", type=Path, metavar="DIR", help="what people corrected, in a new folder for maeum-train")


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; return the exit code."""
    from devices.sessions.exporting import CannotExport
    from devices.source import SourceError, SourceNotFound
    from models.profile import ProfileError

    try:
        return COMMANDS[arguments.command](arguments)
    except SourceNotFound as error:
        return complain(error, USAGE)
    except (SourceError, CannotExport, ProfileError) as error:
        return complain(error, FAILED)


def _recordings(arguments: argparse.Namespace) -> int:
    """Print a table of what was recorded in a folder."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from devices.sessions.layout import is_recording
    from devices.source import SourceNotFound

    place: Path = arguments.place
    if not place.is_dir():
        raise SourceNotFound(f"{place}: no such folder")
    table = Table("recording", "began (UTC)", "length", "size", "bundle", "state")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    table.columns[2].justify = table.columns[3].justify = "right"
    for folder in (one for one in sorted(place.iterdir()) if is_recording(one)):
        table.add_row(*map(escape, (folder.name, *_cells(folder))))
    if table.rows:
        Console(highlight=False).print(table)
    else:
        sys.stdout.write(f"{place}: no recorded session\n")
    return DONE


def _cells(folder: Path) -> Sequence[str]:
    from devices.source import UnreadableSource

    try:
        session = _opened(folder)
    except UnreadableSource as error:
        return "", "", _size(folder), "", str(error).removeprefix(f"{folder}/")
    state = "closed" if session.is_whole else "cut off"
    bundle = str(session.manifest.facts.get("bundle_name", ""))
    return _began(session), _length(session), _size(folder), bundle, state


def _check(arguments: argparse.Namespace) -> int:
    """Compare every file with what the index says of it."""
    session = _opened(arguments.recording)
    files: set[str] = set()
    wrong: list[str] = []
    with _slow_bar("checking") as show:
        for one in session.verify():
            files.add(one.file)
            wrong += [one.wrong] if one.wrong else []
            show(one.bytes, one.of)
    for line in [*wrong, *(one for one in _notices(session) if one not in wrong)]:
        sys.stdout.write(f"{line}\n")
    found = f"{len(files)} files, {_size(session.folder)}, {_length(session)}"
    result = "damaged; maeum replay plays the rest" if wrong else "all as they were written"
    sys.stdout.write(f"{session.name}: {found}: {result}\n")
    return FAILED if wrong else DONE


def _export(arguments: argparse.Namespace) -> int:
    """Write recordings in another form, and say what is the matter with them."""
    sessions = [_opened(folder) for folder in arguments.recordings]
    if len(sessions) > 1 and not arguments.corpus:
        return complain("--csv and --xdf take one recording at a time", USAGE)
    total = sum(session.duration or 0.0 for session in sessions)
    with _slow_bar("exporting") as show:
        made = _exported(arguments, sessions, lambda t: show(t, total))
    for session in sessions:
        for notice in _notices(session):
            sys.stderr.write(f"{session.name}: {notice}\n")
    sys.stdout.write(f"{made}\n")
    return DONE


def _exported(arguments: argparse.Namespace, sessions: "Sequence[RecordedSession]", progress: "Progress") -> str:
    """Write them; return what was made."""
    from devices.sessions.csv_export import export_csv
    from devices.sessions.xdf_export import export_xdf
    from realtime.corrections import export_corpus

    if arguments.corpus:
        return f"{arguments.corpus}: {export_corpus(sessions, arguments.corpus, progress)}"
    if arguments.csv:
        export_csv(sessions[0], arguments.csv, progress)
    else:
        export_xdf(sessions[0], arguments.xdf, progress)
    return f"{arguments.csv or arguments.xdf}: {_length(sessions[0])} of {sessions[0].name}"


def _forget(arguments: argparse.Namespace) -> int:
    """Remove a recording, if that is what somebody at a terminal wants, or who started the program said."""
    from devices.sessions.forgetting import forget
    from devices.sessions.layout import is_recording
    from devices.source import SourceError

    folder: Path = arguments.recording
    what = _described(folder) if is_recording(folder) else ""
    if what and not arguments.yes:
        if not sys.stdin.isatty():
            return complain(f"{folder}: nobody can be asked here; say --yes to remove it for good", USAGE)
        if not _confirmed(f"{folder}: {what}. Remove it for good? [y/N] "):
            return complain("nothing was removed", FAILED)
    try:
        left = forget(folder)
    except SourceError:
        raise
    except OSError as error:
        return complain(f"{error.filename or folder} cannot be removed: {error.strerror or error}", FAILED)
    rest = f"; left, because it is not of the recording: {', '.join(left)}" if left else ""
    sys.stdout.write(f"{folder}: removed ({what}){rest}\n")
    return DONE


def _confirmed(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        sys.stdout.write("\n")
        return False


def _described(folder: Path) -> str:
    """When it was recorded, how long it is and how large; of one that cannot be read only the last."""
    from devices.source import SourceError

    try:
        session = _opened(folder)
    except SourceError:
        return f"a recording that cannot be read, {_size(folder)}"
    return f"recorded {_began(session)} UTC, {_length(session)}, {_size(folder)}"


def _opened(folder: Path) -> "RecordedSession":
    from devices.sessions.recorded import RecordedSession

    return RecordedSession(folder)


def _notices(session: "RecordedSession") -> list[str]:
    """What is to be known of a recording, without what its source said at the start."""
    return [one for one in session.notices() if one not in session.manifest.source.notices]


def _began(session: "RecordedSession") -> str:
    return session.manifest.created[:16].replace("T", " ")


def _length(session: "RecordedSession") -> str:
    from realtime.dashboard.line import clock

    return clock(session.duration or 0.0)


def _size(folder: Path) -> str:
    from devices.sessions.layout import own_files

    return f"{sum(path.stat().st_size for path in own_files(folder)) / 1e6:.1f} MB"


@contextmanager
def _slow_bar(what: str) -> Iterator[Callable[[float, float], None]]:
    """Show a bar on a terminal once the work takes long; it is told how much is done, and of how much."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    bar, due = Bar(console=console, transient=True, disable=not console.is_terminal), monotonic() + _QUIET_S
    task = bar.add_task(what, total=None)

    def show(done: float, of: float) -> None:
        nonlocal due
        if monotonic() >= due:
            bar.update(task, completed=done, total=of)
            bar.start()
            due = monotonic() + _EVERY_S

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()


COMMANDS = {"recordings": _recordings, "check": _check, "export": _export, "forget": _forget}
