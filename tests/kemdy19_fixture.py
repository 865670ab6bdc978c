"""Invented recordings in the layout of KEMDy19; the corpus has no session 99, and no value here comes from it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000
DAY_STARTS = 9 * 3600 + 30 * 60
"""Time of day at which every sensor was switched on, seconds"""
FIRST_SCENE = 20.0
"""Seconds from there to the first scene"""
PAUSE = 10.0
"""Seconds between scenes"""
EMOTIONS = ("neutral", "happy", "sad", "angry", "disgust", "fear", "surprise")
"""In the corpus's own order, in which tied labels are joined"""
STREAM_RATES = {"eda": 4, "temp": 4, "ecg": 250}
HEADER = (
    "Numb,Wav,,ECG,,E4-EDA,,E4-TEMP,,Segment ID,Total Evaluation,,,"
    + ",,,".join(f"Eval{rater:02}{'FM'[rater % 2]}" for rater in range(1, 11))
    + ",,\n,start,end,start,end,start,end,start,end,,"
    + ",".join(["Emotion,Valence,Arousal"] * 11)
    + "\n"
)


@dataclass(frozen=True)
class Line:
    """One utterance of an invented scene."""

    id: str
    start: float
    end: float
    votes: Sequence[str]
    """[10]"""
    text: str = "오늘은 날씨가 좋다."


@dataclass
class Plan:
    """What to write; every quirk of the corpus can be chosen."""

    session: int = 99
    scenes: Sequence[str] = ("script01", "impro01")
    utterances: int = 6
    persons: Sequence[str] = ("F", "M")
    """Whose annotation file is written"""
    bodies: Sequence[str] = ("F", "M")
    """Whose biosignals are written"""
    streams: Sequence[str] = ("eda", "temp", "ecg")
    trimmed: float = 0.14
    """Seconds by which a WAV is shorter than its window; negative for longer"""
    lost: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Stream to the stretch of time since FIRST_SCENE, seconds, whose rows are missing"""
    reset_at: float | None = None
    """Seconds since FIRST_SCENE at which the E4's elapsed time starts anew"""
    untagged: Sequence[str] = ()
    """Segment IDs that the bio files do not carry"""
    votes: dict[str, Sequence[str]] = field(default_factory=dict)
    """Segment ID to the ten votes in the speaker's file"""
    texts: dict[str, str] = field(default_factory=dict)


def make_corpus(folder: Path, *plans: Plan) -> Path:
    """Write a corpus of the planned sessions (one plain session 99 without any plan) and return its root."""
    root = folder / "KEMDy19"
    for plan in plans or (Plan(),):
        lines = {scene: scene_lines(plan, scene) for scene in plan.scenes}
        everything = [line for scene in lines.values() for line in scene]
        for person in plan.persons:
            write(root / f"annotation/Session{plan.session:02}_{person}_res.csv", annotation(everything, person))
        for scene, spoken in lines.items():
            _write_speech(root / f"wav/Session{plan.session:02}/Sess{plan.session:02}_{scene}", spoken, plan)
        for person in plan.bodies:
            for stream in plan.streams:
                write(bio_path(root, stream, person, plan.session), "".join(bio_rows(plan, lines, stream, person)))
    return root


def bio_path(root: Path, stream: str, person: str, session: int = 99) -> Path:
    """Return where a person's biosignal lies."""
    return root / f"{stream.upper()}/Session{session:02}/Original/Sess{session:02}{person}.csv"


def scene_lines(plan: Plan, scene: str) -> list[Line]:
    """Let the woman and the man take turns of 2 to 4 seconds without a pause in the annotation."""
    lines, start = [], 0.0
    for turn in range(plan.utterances):
        speaker, number = "FM"[turn % 2], turn // 2 + 1
        segment_id = f"Sess{plan.session:02}_{scene}_{speaker}{number:03}"
        end = round(start + 2 + turn % 3 * 0.875, 3)
        emotion = EMOTIONS[turn % len(EMOTIONS)]
        votes = plan.votes.get(segment_id, [emotion] * 7 + ["neutral", "happy", "sad"])
        lines.append(Line(segment_id, start, end, votes, plan.texts.get(segment_id, Line.text)))
        start = end
    return lines


def annotation(lines: Iterable[Line], person: str) -> str:
    """Write one of a session's two annotation files: the listener's rows hold other votes than the speaker's."""
    rows = [
        annotation_row(numb, line, line.votes if f"_{person}" in line.id else ["fear"] * 10)
        for numb, line in enumerate(lines, 1)
    ]
    return HEADER + "".join(rows)


def annotation_row(numb: int, line: Line, votes: Sequence[str]) -> str:
    """Write one row; valence and arousal are 2 and 4 throughout but for the first rater."""
    counts = [votes.count(emotion) for emotion in EMOTIONS]
    total = ";".join(emotion for emotion, count in zip(EMOTIONS, counts, strict=True) if count == max(counts))
    raters = ",".join(f"{vote},{3 if rater == 0 else 2},4" for rater, vote in enumerate(votes))
    return f"{numb},{line.start:g},{line.end:g},0.0144602,0,1.5,1.51,30,30.02,{line.id},{total},2.1,4,{raters}\n"


def bio_rows(plan: Plan, lines: dict[str, list[Line]], stream: str, person: str) -> Iterable[str]:
    """Write a sensor's rows from switching on to some seconds after the last scene."""
    rate = STREAM_RATES[stream]
    tags, seconds = _placed_lines(lines)
    rng = np.random.default_rng([plan.session, rate, ord(person)])
    noise = rng.standard_normal(int(seconds * rate)).cumsum() * 0.01
    lost = plan.lost.get(stream)
    for n in range(1, int(seconds * rate)):
        time = n / rate
        scene_time = time - FIRST_SCENE
        if lost and lost[0] <= scene_time < lost[1]:
            continue
        elapsed = time
        if plan.reset_at is not None and stream != "ecg" and scene_time >= plan.reset_at:
            elapsed = scene_time - plan.reset_at + 0.25
        tag = next((f",{line.id}" for start, line in tags if start <= time < start + line.end - line.start), "")
        tag = "" if tag[1:] in plan.untagged else tag
        yield f"{_value_and_time(stream, noise[n], elapsed)},{time_of_day(time)}{tag}\n"


def _placed_lines(lines: dict[str, list[Line]]) -> tuple[list[tuple[float, Line]], float]:
    placed, scene_start = [], FIRST_SCENE
    for scene in lines.values():
        placed += [(scene_start + line.start, line) for line in scene]
        scene_start += scene[-1].end + PAUSE
    return placed, scene_start + 10


def _value_and_time(stream: str, noise: float, elapsed: float) -> str:
    if stream == "ecg":
        return f"{elapsed:.3f},{round(noise / 0.00361505) * 0.00361505:.8g}"
    return (
        f"{1.5 + abs(noise):.6f},{elapsed}" if stream == "eda" else f"{30 + round(noise / 0.02) * 0.02:.2f},{elapsed}"
    )


def time_of_day(seconds: float) -> str:
    """Write seconds since DAY_STARTS as HH:MM:SS.mmm."""
    whole = round((DAY_STARTS + seconds) * 1000) % 86_400_000
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}.{whole % 1000:03}"


def _write_speech(folder: Path, lines: Iterable[Line], plan: Plan) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(lines):
        soundfile.write(folder / f"{line.id}.wav", tone(line.end - line.start - plan.trimmed, number), RATE, "PCM_16")
        (folder / f"{line.id}.txt").write_text(line.text + "\n", encoding="utf-8")


def tone(seconds: float, number: int) -> NDArray[np.float32]:
    """Make a sound that differs from utterance to utterance."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * (200 + 50 * number) * time), np.float32)


def write(path: Path, text: str) -> None:
    """Write text, making the folders on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Rewrite a text file."""
    write(path, change(path.read_text(encoding="utf-8")))


def edit_line(path: Path, line: int, text: str) -> None:
    """Put `text` in place of the line with that number, counted from 1."""
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[line - 1] = text
    write(path, "\n".join(lines) + "\n")


def line_of(path: Path, pattern: str) -> int:
    """Return the number of the first line that matches."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if re.search(pattern, line))
