"""Invented recordings in the layout of KEMDy20; the corpus has no session 99, and no value here comes from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import soundfile

from tests.kemdy19_fixture import RATE, tone, write

TIE_ORDER = ("happy", "surprise", "angry", "neutral", "disgust", "fear", "sad")
USERS = ("User197F", "User198M")
START = 1_700_000_000
"""Unix seconds at which the sensors of the first script were switched on"""
FIRST = 5.0
"""Seconds from there to the script's start"""
_GENDERS = "FMMFMFFMFM"
HEADER = (
    "Numb,WAV, ,Segment ID,Total Evaluation, , ,"
    + ", , ,".join(f"Eval{rater:02}{gender}" for rater, gender in enumerate(_GENDERS, 1))
    + ", , \n ,start,end, ,"
    + ",".join(["Emotion,Valence,Arousal"] * 11)
    + "\n"
)


@dataclass(frozen=True)
class Line20:
    """One utterance of an invented script."""

    id: str
    start: float
    end: float
    votes: Sequence[str]
    """[10], as the raters' cells spell them"""
    text: str


@dataclass
class Plan20:
    """What to write; every quirk of the corpus can be chosen."""

    session: int = 99
    users: Sequence[str] = USERS
    scripts: Sequence[str] = ("script01", "script02")
    utterances: int = 6
    votes: dict[str, Sequence[str]] = field(default_factory=dict)
    """Segment ID to the ten votes"""
    texts: dict[str, str] = field(default_factory=dict)
    silent: Sequence[str] = ()
    """Segment IDs whose WAV is all zeros"""
    empty_ibi: Sequence[tuple[str, str]] = ()
    """Script and user whose IBI file holds nothing"""


def make_corpus20(folder: Path, *plans: Plan20) -> Path:
    """Write a corpus of the planned sessions (one plain session 99 without any plan) and return its root."""
    root = folder / "KEMDy20"
    for plan in plans or (Plan20(),):
        scripts = {script: script_lines(plan, script) for script in plan.scripts}
        everything = [line for lines in scripts.values() for line in lines]
        write(root / f"annotation/Sess{plan.session:02}_eval.csv", annotation20(everything))
        _write_speech(root / f"wav/Session{plan.session:02}", everything, plan)
        for number, (script, lines) in enumerate(scripts.items()):
            for user in plan.users:
                own = [line for line in lines if f"_{user}_" in line.id]
                start = START + 600 * number
                _write_bio(root, plan, script, user, own, start, lines[-1].end + FIRST + 5)
    return root


def bio_path20(root: Path, stream: str, script: str, user: str, session: int = 99) -> Path:
    """Return where a person's biosignal in a script lies."""
    return root / f"{stream.upper()}/Session{session:02}/Sess{session:02}_{script}_{user}.csv"


def script_lines(plan: Plan20, script: str) -> list[Line20]:
    """Let both people take turns; each begins a quarter of a second before the other has ended."""
    lines, start = [], 1.2345678
    for turn in range(plan.utterances):
        user = plan.users[turn % len(plan.users)]
        segment_id = f"Sess{plan.session:02}_{script}_{user}_{turn // 2 + 1:03}"
        end = round(start + 2 + turn % 3 * 0.875, 7)
        emotion = TIE_ORDER[turn % len(TIE_ORDER)]
        votes = plan.votes.get(segment_id, [emotion] * 7 + ["neutral", "happy", "sad"])
        lines.append(Line20(segment_id, start, end, votes, plan.texts.get(segment_id, "똠방각하는 웃었다.")))
        start = round(end - 0.25, 7)
    return lines


def annotation20(lines: Sequence[Line20]) -> str:
    """Write the session's annotation file."""
    return HEADER + "".join(row20(numb, line) for numb, line in enumerate(lines, 1))


def row20(numb: int, line: Line20) -> str:
    """Write one row; valence and arousal are 2 and 4 throughout but for the first rater."""
    counts = [line.votes.count(emotion) for emotion in TIE_ORDER]
    total = ";".join(emotion for emotion, count in zip(TIE_ORDER, counts, strict=True) if count == max(counts))
    raters = ",".join(f"{vote},{3 if rater == 0 else 2},4" for rater, vote in enumerate(line.votes))
    return f"{numb},{line.start:.8g},{line.end:.8g},{line.id},{total.replace('disgust', 'disqust')},2.1,4,{raters}\n"


def stamp(unix: float) -> str:
    """Write Korean time as the corpus does, cut to the millisecond."""
    time = datetime.fromtimestamp(0, UTC) + timedelta(hours=9, seconds=int(unix), milliseconds=int(unix % 1 * 1000))
    return f"{time:%Y-%m%d-%H%M-%S}-{time.microsecond // 1000:03}"


def _write_bio(
    root: Path, plan: Plan20, script: str, user: str, own: Sequence[Line20], start: int, seconds: float
) -> None:
    rng = np.random.default_rng([plan.session, start, int(user[4:7])])

    def tagged(time: float) -> str:
        return next((f",{line.id}" for line in own if line.start <= time - FIRST < line.end), "")

    for stream, level in (("eda", 2.25), ("temp", 33.1)):
        values = level + np.abs(rng.standard_normal(int(seconds * 4)).cumsum()) * 0.01
        values[0] = 0.0
        rows = [f"{value:.6f},{stamp(start + n / 4)}{tagged(n / 4)}\n" for n, value in enumerate(values)]
        head = f"{start}.000000,{stamp(start)}\n4.000000,hz\n"
        write(bio_path20(root, stream, script, user, plan.session), head + "".join(rows))
    if (script, user) in plan.empty_ibi:
        write(bio_path20(root, "ibi", script, user, plan.session), "")
        return
    beats, time = [f"{start}.000000,IBI,{stamp(start)}\n"], 2.0
    for interval in rng.integers(40, 60, int(seconds)) / 64:
        time += interval
        if len(beats) == 5:
            time += 2.0  # beats that the wrist's movement hid
        beats.append(f"{time:.6f},{interval:.6f},{stamp(start + time)}{tagged(time)}\n")
    write(bio_path20(root, "ibi", script, user, plan.session), "".join(beats))


def _write_speech(folder: Path, lines: Sequence[Line20], plan: Plan20) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(lines):
        sound = tone(line.end - line.start, number) * (line.id not in plan.silent)
        soundfile.write(folder / f"{line.id}.wav", sound, RATE, "PCM_16")
        (folder / f"{line.id}.txt").write_bytes((line.text + "\r\n").encode("cp949"))
