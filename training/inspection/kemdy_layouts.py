"""The two KEMDy corpora seen alike: sessions, utterances, and where the speaker's own voice, words and body are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devices.kemdy19 import Kemdy19
from devices.kemdy20 import Kemdy20
from devices.kemdy20_annotation import TIE_ORDER, Kemdy20Segment
from devices.kemdy20_bio import STREAMS, read_means20
from devices.kemdy_annotation import PERSONS, AnnotatedSegment
from devices.kemdy_means import FileMeans, read_means
from devices.kemdy_speech import Spoken
from devices.source import UnreadableSource
from training.inspection.report import Count, Report


class Segment(Spoken, Protocol):
    """One utterance; the segments of both corpora are such."""

    @property
    def scene(self) -> str:
        """`script01` or `impro04`."""
        ...

    @property
    def total(self) -> tuple[str, ...]:
        """The file's own majority, tied labels in its order."""
        ...


@dataclass(frozen=True, slots=True)
class BioFile:
    """Where a biosignal lies, or would lie."""

    stream: str
    path: Path
    own: frozenset[str]
    """IDs of the utterances of which this is the speaker's own body"""


class Layout(Protocol):
    """One corpus."""

    root: Path
    tie_order: Sequence[str]
    """In which tied labels are joined"""
    streams: Sequence[str]

    def sessions(self) -> Sequence[int]:
        """Numbers, in order."""
        ...

    def segments(self, session: int, report: Report, count: Count) -> Sequence[Segment]:
        """Read a session's annotation; adds to the report and counts the rows."""
        ...

    def speech_folder(self, session: int, scene: str) -> Path:
        """Return where WAV and TXT of a scene's utterances lie."""
        ...

    def bio_files(self, session: int, segments: Sequence[Segment]) -> Sequence[BioFile]:
        """Every biosignal that a session should have."""
        ...

    def means(self, file: BioFile) -> FileMeans:
        """Read one; raises UnreadableSource."""
        ...


class Layout19:
    """KEMDy19: a woman and a man in each session, an annotation file and a body file for each of them."""

    tie_order: Sequence[str] = ("neutral", "happy", "sad", "angry", "disgust", "fear", "surprise")
    streams: Sequence[str] = ("eda", "ecg", "temp")

    def __init__(self, path: Path) -> None:
        self._corpus = Kemdy19(path)
        self.root = self._corpus.root

    def sessions(self) -> Sequence[int]:
        """Numbers, in order."""
        return self._corpus.sessions()

    def segments(self, session: int, report: Report, count: Count) -> Sequence[AnnotatedSegment]:
        """Keep the speaker's rows, and repair what the rule explains."""
        rows = sum(_data_rows(path) for path in self._corpus.annotation_files[session].values())
        count.rows += rows
        try:
            annotation = self._corpus.annotation(session)
        except UnreadableSource as error:
            _unreadable_session(session, error, rows, report, count)
            return []
        unread = [line for lines in annotation.skipped.values() for line in lines]
        for line in unread:
            report.broken(line)
        report.repaired += [f"Session{session:02}: {line}" for line in (*annotation.repaired, *annotation.dropped)]
        report.missing += [f"Session{session:02}: {line}" for line in annotation.absent]
        report.missing += [
            f"no utterance: {path.relative_to(self.root)}"
            for person, path in self._corpus.annotation_files[session].items()
            if all(each.speaker != person for each in annotation.segments)
        ]
        count.used += len(annotation.segments)
        count.left_out["describe the listener"] += annotation.listeners
        count.left_out["no speaker's row in either file"] += len(PERSONS) * len(annotation.dropped)
        count.left_out["unreadable"] += len(unread)
        return annotation.segments

    def speech_folder(self, session: int, scene: str) -> Path:
        """One folder for each scene."""
        return self.root / "wav" / f"Session{session:02}" / f"Sess{session:02}_{scene}"

    def bio_files(self, session: int, segments: Sequence[Segment]) -> Sequence[BioFile]:
        """One file for each person and stream; all utterances are tagged in it, also those of the other."""
        own = {person: frozenset(each.id for each in segments if each.speaker == person) for person in PERSONS}
        return [
            BioFile(stream, self._corpus.bio_file(session, person, stream), own[person])
            for person in PERSONS
            for stream in self.streams
        ]

    def means(self, file: BioFile) -> FileMeans:
        """Read EDA, TEMP or ECG, telling value from time by the rows."""
        return read_means(file.path, file.stream)


class Layout20:
    """KEMDy20: two people in each session, one annotation file, a body file for each script and person."""

    tie_order: Sequence[str] = TIE_ORDER
    streams: Sequence[str] = STREAMS

    def __init__(self, path: Path) -> None:
        self._corpus = Kemdy20(path)
        self.root = self._corpus.root

    def sessions(self) -> Sequence[int]:
        """Numbers, in order."""
        return self._corpus.sessions()

    def segments(self, session: int, report: Report, count: Count) -> Sequence[Kemdy20Segment]:
        """Take every row: each describes the speaker."""
        rows = _data_rows(self._corpus.annotation_files[session])
        count.rows += rows
        try:
            annotation = self._corpus.annotation(session)
        except UnreadableSource as error:
            _unreadable_session(session, error, rows, report, count)
            return []
        for line in annotation.skipped:
            report.broken(line)
        if not annotation.segments:
            report.missing.append(f"no utterance: {self._corpus.annotation_files[session].relative_to(self.root)}")
        count.used += len(annotation.segments)
        count.left_out["unreadable"] += len(annotation.skipped)
        return annotation.segments

    def speech_folder(self, session: int, scene: str) -> Path:  # noqa: ARG002 - scenes share a folder here
        """One folder for each session."""
        return self._corpus.speech_folder(session)

    def bio_files(self, session: int, segments: Sequence[Segment]) -> Sequence[BioFile]:
        """One file for each script, person and stream."""
        own: dict[tuple[str, str], set[str]] = {}
        for each in segments:
            own.setdefault((each.scene, each.id.split("_")[2]), set()).add(each.id)
        return [
            BioFile(stream, self._corpus.bio_file(session, scene, person, stream), frozenset(ids))
            for (scene, person), ids in sorted(own.items())
            for stream in self.streams
        ]

    def means(self, file: BioFile) -> FileMeans:
        """Read EDA, TEMP or IBI."""
        return read_means20(file.path, file.stream)


def _unreadable_session(session: int, error: UnreadableSource, rows: int, report: Report, count: Count) -> None:
    report.broken(f"Session{session:02} left out: {error}")
    count.left_out["of an unreadable session"] += rows


def _data_rows(path: Path) -> int:
    """Count the rows below the two headers that are not blank."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return sum(1 for number, line in enumerate(file) if number >= 2 and line.strip(", \n"))
