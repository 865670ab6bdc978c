"""Write the built-in demo session in KEMDy19's layout: speech by espeak-ng, a simulated body, invented ratings.

    python -m devices.demo.synthesize devices/demo/KEMDy19

Needs the program espeak-ng (the committed session was made with version 1.51). The same seed and version write the
same session. Layout and number formats are those of KEMDy19 v1.3, whose quirk of swapped ECG columns is kept.
"""

import io
import math
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.demo.body import (
    E4_RATE,
    ECG_RATE,
    Person,
    Signal,
    Stimulus,
    electrocardiogram,
    skin_conductance,
    skin_temperature,
)
from devices.demo.script import CONFUSED_WITH, LINES, Line

SESSION, SCENE = "Session99", "Sess99_script01"
RATE = 16_000
SEED = 99
PEOPLE = {"F": Person(1.6, 31.4, 74.0), "M": Person(2.4, 32.2, 66.0)}
LEAD_S, TAIL_S = 12.0, 3.0
"""Seconds that the sensors record before and after the scene"""
EDGE_S = 0.15
"""Seconds of silence inside a WAV before and after its speech"""
STEP_S = 0.032
"""Utterances start on this grid, the voice activity model's, so that editing a line does not shift the others in it"""
_CLOCK_START_S = 9.5 * 3600
_PEAK = 0.7

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of the dialogue with its place in the scene."""

    id: str
    start: float
    """Seconds since the scene began; the window ends where the next one starts"""
    end: float
    line: Line
    audio: Samples


@dataclass(frozen=True, slots=True)
class Rating:
    """What ten invented raters say about one person during one utterance."""

    emotions: tuple[str, ...]
    valences: tuple[int, ...]
    arousals: tuple[int, ...]


def main(arguments: Sequence[str]) -> int:
    """Write the session to the folder that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m devices.demo.synthesize OUT\n")
        return 2
    if not shutil.which("espeak-ng"):
        sys.stderr.write("the demo session needs the program espeak-ng, which is not installed\n")
        return 3
    write_session(Path(arguments[0]))
    return 0


def write_session(root: Path) -> None:
    """Write the whole session below `root`."""
    scene = list(place(LINES))
    _write_speech(root / "wav" / SESSION / SCENE, scene)
    for number, letter in enumerate(PEOPLE):
        random = np.random.default_rng([SEED, number])
        ratings = [_rating(spoken, letter, random) for spoken in scene]
        signals = _write_body(root, letter, scene, random)
        _write_annotation(root / "annotation" / f"{SESSION}_{letter}_res.csv", scene, ratings, signals)


def place(lines: Sequence[Line]) -> Iterator[Spoken]:
    """Speak the lines one after the other, each window reaching to the start of the next."""
    counts = dict.fromkeys(PEOPLE, 0)
    start = 0.0
    for line in lines:
        counts[line.speaker] += 1
        audio = speak(line)
        end = round(math.ceil((start + len(audio) / RATE + line.pause) / STEP_S) * STEP_S, 3)
        yield Spoken(f"{SCENE}_{line.speaker}{counts[line.speaker]:03d}", start, end, line, audio)
        start = end


def speak(line: Line) -> Samples:
    """Return one line as 16 kHz mono, trimmed to its speech with a short silence on either side."""
    import soundfile
    import soxr

    command = [
        "espeak-ng",
        "-v",
        f"ko+{line.voice}",
        "-s",
        str(line.speed),
        "-p",
        str(line.pitch),
        "--stdout",
        line.text,
    ]
    spoken = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603  a fixed program, our own words
    audio, rate = soundfile.read(io.BytesIO(spoken), dtype="float32")
    audio = soxr.resample(audio, rate, RATE)
    loud = np.flatnonzero(np.abs(audio) > 1e-3)
    audio = np.pad(audio[loud[0] : loud[-1] + 1], round(EDGE_S * RATE))
    samples: Samples = np.round(audio * (_PEAK * line.volume / np.abs(audio).max()) * 32767).astype(np.int16)
    return samples


def _write_speech(folder: Path, scene: Sequence[Spoken]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for spoken in scene:
        with wave.open(str(folder / f"{spoken.id}.wav"), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(spoken.audio.astype("<i2").tobytes())
        _write(folder / f"{spoken.id}.txt", [spoken.line.text])


def _write_body(root: Path, letter: str, scene: Sequence[Spoken], random: np.random.Generator) -> dict[str, Signal]:
    """Write one person's sensor files and return their values at the start and end of every utterance."""
    stimuli = [Stimulus(spoken.start, spoken.end, _arousal(spoken.line, letter)) for spoken in scene]
    length = LEAD_S + scene[-1].end + TAIL_S
    e4, heart = _grid(length, E4_RATE), _grid(length, ECG_RATE)
    eda = skin_conductance(PEOPLE[letter], stimuli, e4 - LEAD_S, random)
    temp = skin_temperature(PEOPLE[letter], stimuli, e4 - LEAD_S, random)
    tags = _tags(scene, e4)
    name = f"Sess99{letter}.csv"
    _write(root / "EDA" / SESSION / "Original" / name, _rows((f"{v:.6f}" for v in eda), map(str, e4), e4, tags))
    _write(root / "TEMP" / SESSION / "Original" / name, _rows((f"{v:.2f}" for v in temp), map(str, e4), e4, tags))
    edges = np.array([(spoken.start, spoken.end) for spoken in scene]) + LEAD_S
    values = {"ecg": np.zeros_like(edges), "eda": _at(eda, e4, edges), "temp": _at(temp, e4, edges)}
    if letter == "F":  # the man's would take 1.9 MB more, and a run shows one person's body
        ecg = electrocardiogram(PEOPLE[letter], stimuli, heart - LEAD_S, random)
        rows = _rows((f"{t:.3f}" for t in heart), (_decimals(v, 8) for v in ecg), heart, _tags(scene, heart))
        _write(root / "ECG" / SESSION / "Original" / name, rows)
        values["ecg"] = _at(ecg, heart, edges)
    return values


def _arousal(line: Line, letter: str) -> float:
    """Return the arousal of one person during a line: the listener shares half of the speaker's."""
    return line.arousal if line.speaker == letter else 3.0 + (line.arousal - 3.0) / 2.0


def _grid(length: float, rate: int) -> Signal:
    """Return sample times; KEMDy19's first sample has the time of one step."""
    return np.arange(1, round(length * rate) + 1) / rate


def _at(values: Signal, times: Signal, edges: Signal) -> Signal:
    picked: Signal = values[np.minimum(np.searchsorted(times, edges), len(values) - 1)]
    return picked


def _tags(scene: Sequence[Spoken], times: Signal) -> list[str]:
    """Return for every sample the segment it falls in, or nothing."""
    starts = np.array([spoken.start for spoken in scene]) + LEAD_S
    ids = ["", *(f",{spoken.id}" for spoken in scene), ""]
    places = np.searchsorted(starts, times, side="right")
    places[times >= LEAD_S + scene[-1].end] = len(ids) - 1
    return [ids[place] for place in places]


def _rows(first: Iterator[str], second: Iterator[str], times: Signal, tags: Sequence[str]) -> Iterator[str]:
    """Yield `first,second,HH:MM:SS.mmm[,SegID]`."""
    for one, other, time, tag in zip(first, second, times, tags, strict=True):
        yield f"{one},{other},{_clock(float(time))}{tag}"


def _clock(elapsed: float) -> str:
    milliseconds = round((_CLOCK_START_S + elapsed) * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"


def _rating(spoken: Spoken, letter: str, random: np.random.Generator) -> Rating:
    """Invent ten raters: eight agree on the label, two take it for a neighbour; listeners look neutral."""
    line = spoken.line
    listening = line.speaker != letter
    emotion = "neutral" if listening else line.emotion
    emotions = [emotion] * 8 + list(random.choice(CONFUSED_WITH[emotion], 2))
    random.shuffle(emotions)
    valence = 3.0 + (line.valence - 3.0) / 3.0 if listening else line.valence
    return Rating(tuple(emotions), _votes(valence, random), _votes(_arousal(line, letter), random))


def _votes(mean: float, random: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(vote) for vote in np.clip(np.round(random.normal(mean, 0.5, 10)), 1, 5))


def _write_annotation(
    path: Path, scene: Sequence[Spoken], ratings: Sequence[Rating], signals: dict[str, Signal]
) -> None:
    """Write the 43 columns below their two header rows."""
    raters = [f"Eval{number:02d}{'FM'[number % 2]},," for number in range(1, 11)]
    header = ["Numb,Wav,,ECG,,E4-EDA,,E4-TEMP,,Segment ID,Total Evaluation,,," + ",".join(raters)]
    header += [",start,end,start,end,start,end,start,end,," + ",".join(["Emotion,Valence,Arousal"] * 11)]
    rows = []
    for i, (spoken, rating) in enumerate(zip(scene, ratings, strict=True)):
        times = [_decimals(spoken.start, 3), _decimals(spoken.end, 3)]
        body = [_decimals(v, n) for name, n in (("ecg", 8), ("eda", 6), ("temp", 2)) for v in signals[name][i]]
        rows.append(",".join([str(i + 1), *times, *body, spoken.id, *_evaluation(rating)]))
    _write(path, [*header, *rows])


def _evaluation(rating: Rating) -> Iterator[str]:
    """Yield the majority and the means, then every rater's three cells."""
    yield max(set(rating.emotions), key=rating.emotions.count)
    yield _decimals(sum(rating.valences) / 10, 1)
    yield _decimals(sum(rating.arousals) / 10, 1)
    for emotion, valence, arousal in zip(rating.emotions, rating.valences, rating.arousals, strict=True):
        yield from (emotion, str(valence), str(arousal))


def _decimals(value: float, most: int) -> str:
    """Print a number with at most so many decimals, trailing zeros dropped, never `-0`."""
    text = f"{value:.{most}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _write(path: Path, rows: Sequence[str] | Iterator[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
