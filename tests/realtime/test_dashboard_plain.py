"""Plain lines and the closing tables."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from devices.block import DeviceState, Gap
from models.scores import LABELS
from realtime.dashboard import print_summary
from realtime.dashboard.plain import PlainLines, label_line, segment_line
from realtime.fusion import Label
from realtime.session import Message, Notice
from realtime.snapshot import SpokenLine, State
from realtime.summary import Latency, SessionSummary
from realtime.vote import Ballot

CONFUSION = ((3, 0, 0, 1, 0, 0, 0), *[(0,) * 7] * 2, (0, 0, 0, 4, 0, 0, 0), (0, 0, 0, 0, 2, 0, 0), *[(0,) * 7] * 2)
SUMMARY = SessionSummary(
    source="invented session 99",
    bundle="default",
    synthetic=True,
    duration=120.0,
    elapsed=12.0,
    segments=12,
    scored=11,
    with_truth=10,
    correct=9,
    accuracy=0.9,
    uar=0.9167,
    confusion=CONFUSION,
    modality_accuracy={"voice": 0.8, "text": 0.6},
    rolling_agreement=0.7,
    abstained=0.25,
    latency_ms={"voice": Latency(11.5, 20.25, 31.0), "text": Latency(340.0, 700.0, 900.5)},
    dropped={"rows skipped": 3, "samples lost": 0},
    notices=("line 42 of S99F_eda.csv skipped",),
)


def told(*messages: Message) -> list[str]:
    """Return the lines that a pipe gets."""
    out = StringIO()
    lines = PlainLines(Console(file=out, width=40, no_color=True))
    for message in messages:
        lines.take(message)
    return out.getvalue().splitlines()


def label(t: float, name: str | None, state: State) -> Label:
    probabilities = np.full(7, 1 / 7, np.float32)
    return Label(t, name, state, Ballot(probabilities, {}))


def printed(summary: SessionSummary, width: int = 80, **options: bool) -> str:
    out = StringIO()
    print_summary(summary, Console(file=out, width=width, **options))  # type: ignore[arg-type]  # only flags are passed
    return out.getvalue()


def test_words_stand_in_one_column() -> None:
    """Korean and English words begin in one column, whatever stands before them."""
    spoken = [
        SpokenLine(1, 2, "행복해 words", "happy", "happy"),
        SpokenLine(1, 3725, "why words", "sad", "surprise"),
        SpokenLine(1, 2, "words", None, None),
    ]
    texts = [segment_line(one).plain for one in spoken]
    starts = {
        cell_len(text[: text.index(first)]) for text, first in zip(texts, ("행복해", "why", "words"), strict=True)
    }
    assert len(starts) == 1
    assert "✗ was surprise" in texts[1]
    assert texts[1].startswith(" 1:02:05")


def test_the_summary_tells_of_every_device() -> None:
    """What it came to, and what was wrong with it at the end."""
    devices = (
        DeviceState(60.0, "센서 on ttyUSB0", "closed", None, -50.2, 0.012, 7, 1, 83.0),
        DeviceState(60.0, "microphone", "closed", "gives nothing"),
    )
    text = printed(replace(SUMMARY, devices=devices), width=100)
    assert "device          센서 on ttyUSB0\n" in text
    assert "drift -50 ppm, 12 ms late, 7 lost, 1 reconnect, away 1:23" in text
    assert "drift –, – late, 0 lost, 0 reconnects, away 0:00" in text
    assert "gives nothing" in text


def test_segment_without_words_says_why() -> None:
    """A segment without a transcript shows its reason instead."""
    assert "(too noisy)" in segment_line(SpokenLine(1, 2, "", "sad", None, "too noisy")).plain


def test_only_settled_changes_are_told() -> None:
    """Tentative labels and repetitions are not told; the end of a label is."""
    steps: list[tuple[str | None, State]] = [
        (None, "uncertain"),
        ("happy", "tentative"),
        ("happy", "confirmed"),
        ("happy", "confirmed"),
        ("sad", "tentative"),
        (None, "uncertain"),
    ]
    lines = told(*[label(0.5 * n, *step) for n, step in enumerate(steps)])
    assert [line.split()[1:] for line in lines] == [["label", "행복", "happy", "14%"], ["label", "–", "no", "label"]]


def test_notices_and_gaps_are_told_in_full() -> None:
    """A line is never cut or wrapped, however narrow the terminal."""
    lines = told(Notice(0.0, "long " * 30), Gap("eda", 3.0, 120, 1.2, "bad " * 30))
    assert lines[0].count("long") == 30
    assert "eda: 120 samples lost in 1.2 s: bad bad" in lines[1]
    assert lines[1].count("bad") == 30


def test_each_change_of_a_device_is_one_line() -> None:
    """With its reason, which is not said twice; what a stream that is away costs is told when it is back."""
    lines = told(
        DeviceState(0.5, "센서 on ttyUSB0", "streaming"),
        DeviceState(3.0, "센서 on ttyUSB0", "lost", "unplugged"),
        Notice(3.0, "센서 on ttyUSB0: unplugged"),
        Gap("eda", 3.0, None, None, "unplugged"),
        DeviceState(4.5, "센서 on ttyUSB0", "streaming"),
        Gap("eda", 3.0, 150, 1.5, "unplugged"),
    )
    assert [line.split() for line in lines] == [
        ["0:00", "device", "●", "streaming", "센서", "on", "ttyUSB0"],
        ["0:03", "device", "✗", "lost", "센서", "on", "ttyUSB0:", "unplugged"],
        ["0:04", "device", "●", "streaming", "센서", "on", "ttyUSB0"],
        ["0:04", "notice", "eda:", "150", "samples", "lost", "in", "1.5", "s:", "unplugged"],
    ]


def test_streams_that_begin_have_lost_nothing() -> None:
    """They are not told one by one."""
    assert told(Gap("eda", 0.0, None, None, "not connected yet"), Gap("eda", 0.0, None, 0.7, "not connected yet")) == []


def test_no_escape_sequences_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR and pipes get text and nothing else."""
    monkeypatch.setenv("NO_COLOR", "1")
    out = StringIO()
    console = Console(file=out)
    console.print(label_line(1.0, "happy", 0.7))
    assert "\x1b" not in out.getvalue() + printed(SUMMARY)


def test_summary_tells_the_numbers() -> None:
    """Counts, agreement, latency and losses are in the closing tables."""
    text = printed(SUMMARY)
    for words in ("SYNTHETIC", "9 of 10", "90%", "92%", "words alone", "10.0 x real time", "3 rows skipped", "line 42"):
        assert words in text
    assert [float(one) for one in next(row for row in text.splitlines() if row.startswith("  text")).split()[1:]] == [
        340.0,
        700.0,
        900.5,
    ]
    assert "samples lost" not in text


def test_confusion_has_a_row_for_every_truth() -> None:
    """Counts stand under the letter of the label given, on the row of the true label."""
    table = printed(SUMMARY).splitlines()
    head = next(row for row in table if row.startswith("truth"))
    angry = next(row for row in table if "분노" in row)
    cells = [cell_len(angry[: angry.index(count)]) for count in ("3", "1")]
    assert [head[at] for at in cells] == ["A", "H"]
    assert "75%" in angry
    assert sum("·" in row for row in table) == len(LABELS)


def test_summary_without_reference() -> None:
    """Without a reference there is neither accuracy nor confusion."""
    text = printed(SessionSummary("mic", "default", segments=3, scored=3))
    assert "nothing to compare with" in text
    assert "truth" not in text


def test_summary_fits_eighty_columns() -> None:
    """The tables never need more than 80 columns."""
    assert all(cell_len(row) <= 80 for row in printed(SUMMARY).splitlines())
