"""The screen as a picture of a snapshot: sizes, alignment, what must be seen."""

import math
from io import StringIO
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console

from devices.block import DeviceState
from devices.link.background import State
from models.scores import LABELS, MODALITIES
from realtime.dashboard import export_svg, render
from realtime.dashboard.glyphs import banner
from realtime.dashboard.line import clean, wrap
from realtime.dashboard.palette import COLOURS, KOREAN, letters
from realtime.dashboard.render import Screen
from realtime.dashboard.screen import painted_rows
from realtime.dashboard.timeline import columns_of_moments
from realtime.snapshot import Lane, Moment, Snapshot, SpokenLine

NAMES = st.sampled_from(LABELS)
SHARES = st.floats(0, 1) | st.just(math.nan)
TEXTS = (
    st.text(max_size=40) | st.text("가나다 힣👩‍👩‍👧é\x1b\n\t\u200b", max_size=300) | st.just("왜 이렇게 늦었어? " * 40)
)
PROBABILITIES = st.none() | st.tuples(*[SHARES] * 7) | st.just(())
LANES = st.builds(
    Lane,
    st.sampled_from(MODALITIES),
    PROBABILITIES,
    SHARES,
    st.none() | st.floats(0, 1e9),
    st.none() | TEXTS,
    st.lists(SHARES, max_size=200).map(tuple),
    TEXTS,
)
SPOKEN = st.builds(
    SpokenLine,
    start=st.floats(0, 1e6),
    end=st.floats(0, 1e6),
    text=TEXTS,
    label=st.none() | NAMES,
    truth=st.none() | NAMES | TEXTS,
    reason=st.none() | TEXTS,
)
MOMENTS = st.lists(st.tuples(st.none() | NAMES, st.none() | NAMES | st.just("서운함")), max_size=300).map(
    lambda pairs: tuple(Moment(0.5 * n, *pair) for n, pair in enumerate(pairs, 1))
)
DEVICES = st.builds(
    DeviceState,
    t=st.floats(0, 1e6),
    device=TEXTS,
    state=st.sampled_from([state.value for state in State]) | TEXTS,
    problem=st.none() | TEXTS,
    drift_ppm=st.none() | st.floats(-1e6, 1e6),
    latency_s=st.none() | st.floats(0, 1e3),
    lost=st.integers(0, 10**12),
    reconnects=st.integers(0, 10**6),
    away_s=st.floats(0, 1e7),
)
SNAPSHOTS = st.builds(
    Snapshot,
    source=TEXTS,
    bundle=TEXTS,
    labels=st.just(LABELS) | st.lists(TEXTS, max_size=12, unique=True).map(tuple),
    t=st.floats(0, 1e6),
    duration=st.none() | st.floats(0, 1e6),
    speed=st.none() | st.floats(0.1, 1000),
    lag=st.floats(0, 1e6),
    label=st.none() | NAMES,
    state=st.sampled_from(["confirmed", "tentative", "uncertain"]),
    probabilities=PROBABILITIES,
    lanes=st.lists(LANES, max_size=4).map(tuple),
    lines=st.lists(SPOKEN, max_size=12).map(tuple),
    hearing=st.none() | TEXTS,
    timeline=MOMENTS,
    has_reference=st.booleans(),
    synthetic=st.booleans(),
    counters=st.lists(st.tuples(TEXTS, TEXTS), max_size=5).map(tuple),
    notices=st.lists(TEXTS, max_size=4).map(tuple),
    latency_ms=st.lists(st.tuples(TEXTS, st.floats(0, 1e6)), max_size=3).map(tuple),
    devices=st.lists(DEVICES, max_size=5).map(tuple),
    finished=st.booleans(),
)
HAPPY = (0.05, 0.01, 0.02, 0.72, 0.16, 0.03, 0.01)


def session(**changes: object) -> Snapshot:
    facts: dict[str, object] = {
        "source": "invented session 99",
        "bundle": "default",
        "labels": LABELS,
        "t": 12.0,
        "duration": 60.0,
        "label": "happy",
        "state": "confirmed",
        "probabilities": HAPPY,
        "lanes": (
            Lane("voice", HAPPY, 0.6, 0.4, None, (0.1, 0.9), "speech"),
            Lane("text", reason="no speech yet"),
            Lane("bio", reason="warming up", detail="HR 72"),
        ),
        "lines": (
            SpokenLine(1.0, 2.0, "나는 너무 행복해", "happy", "happy"),
            SpokenLine(4.0, 5.0, "why so late", "sad", "angry"),
            SpokenLine(7.0, 8.0, "", None, None, "no words recognised"),
        ),
        "timeline": (Moment(0.5, None), Moment(1.0, "happy", "happy"), Moment(6.0, "sad", "angry")),
        "has_reference": True,
    }
    return Snapshot(**(facts | changes))  # type: ignore[arg-type]  # the tests name fields one by one


def rows(snapshot: Snapshot, width: int = 80, height: int = 24) -> list[str]:
    return ["".join(segment.text for segment in row) for row in render(snapshot, width, height).rows]


def has_banner(screen: list[str], text: str, scale: int) -> bool:
    """Whether the rows of the banner stand under one another somewhere on the screen."""
    drawn = banner(text, scale)
    starts = ((y, x) for y in range(len(screen) - len(drawn) + 1) for x in range(len(screen[y])))
    return any(all(screen[y + n].startswith(row, x) for n, row in enumerate(drawn)) for y, x in starts)


@settings(deadline=None, max_examples=150)
@given(SNAPSHOTS, st.integers(1, 240), st.integers(1, 70))
def test_fills_the_terminal_exactly(snapshot: Snapshot, width: int, height: int) -> None:
    """Whatever the snapshot holds, the screen has exactly the given rows and columns."""
    screen = rows(snapshot, width, height)
    assert len(screen) == height
    assert {cell_len(row) for row in screen} == {width}
    assert all(character.isprintable() for row in screen for character in row)


@pytest.mark.parametrize("size", [(20, 5), (60, 16), (80, 24), (100, 30), (120, 40), (160, 50), (240, 70)])
def test_usual_sizes(size: tuple[int, int]) -> None:
    """Every usual size shows the label, the confidence and the state, and the time where there is room."""
    text = "\n".join(rows(session(), *size))
    assert "행복" in text or "HAPPY" in text
    assert "confirmed" in text or size == (20, 5)
    assert "72%" in text
    if size >= (60, 16):
        assert "0:12" in text


@given(SNAPSHOTS, SNAPSHOTS)
@settings(deadline=None, max_examples=20)
def test_rows_kept_of_the_picture_before_look_as_new_ones(first: Snapshot, then: Snapshot) -> None:
    """Printing only rows that were not there before changes none of them."""
    console = Console(file=StringIO(), force_terminal=True, color_system="truecolor", width=80, height=24)
    before = painted_rows(render(first, 80, 24), {}, console)
    anew = painted_rows(render(then, 80, 24), {}, console)
    assert painted_rows(render(then, 80, 24), before, console) == anew
    assert [painted_rows(Screen((row,), 80), {}, console)[row] for row in anew] == list(anew.values())


@given(SNAPSHOTS)
@settings(deadline=None, max_examples=20)
def test_pure(snapshot: Snapshot) -> None:
    """The same snapshot gives the same screen."""
    assert render(snapshot, 100, 30) == render(snapshot, 100, 30)


@pytest.mark.parametrize(("size", "scale"), [((60, 16), 1), ((80, 24), 2), ((160, 50), 4)])
def test_label_is_big(size: tuple[int, int], scale: int) -> None:
    """The label is drawn in letters that grow with the terminal."""
    assert has_banner(rows(session(), *size), "happy", scale)


@pytest.mark.parametrize("label", LABELS)
def test_every_label_has_its_name(label: str) -> None:
    """Each of the seven labels appears big and in Korean."""
    screen = rows(session(label=label, probabilities=tuple(float(one == label) for one in LABELS)))
    assert has_banner(screen, label, 2)
    assert KOREAN[label] in "\n".join(screen)


@pytest.mark.parametrize("changes", [{"label": None}, {"state": "uncertain"}, {"label": None, "probabilities": None}])
def test_abstention_is_no_guess(changes: dict[str, object]) -> None:
    """While the vote abstains no label is drawn, and the screen says so."""
    screen = rows(session(**({"state": "uncertain"} | changes)))
    assert not any(has_banner(screen, label, 2) for label in LABELS)
    assert "uncertain" in "\n".join(screen)


def test_tentative_differs_without_colour() -> None:
    """A tentative label is told from a confirmed one by more than its colour."""
    firm, tentative = rows(session()), rows(session(state="tentative"))
    assert not has_banner(tentative, "happy", 2)
    assert "◐ tentative" in "\n".join(tentative)
    assert "● confirmed" in "\n".join(firm)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_absent_modalities_say_why(size: tuple[int, int]) -> None:
    """A lane without a vote shows its reason, and the facts it has nevertheless."""
    text = "\n".join(rows(session(), *size))
    assert all(word in text for word in ("no speech yet", "warming up", "HR 72", "speech"))


def test_lanes_show_vote_and_age() -> None:
    """A lane that votes shows its label, probability, share of the vote and age in one row."""
    row = next(row for row in rows(session()) if row.startswith(" voice"))
    assert all(word in row for word in ("▁▇", "H happy", "72%", "60%", "0.4 s"))


def test_transcript_is_aligned_by_display_width() -> None:
    """Words begin in one column whatever they and the reference are made of; marks tell right from wrong."""
    screen = rows(session())
    korean, english, none = (
        next(row for row in screen if words in row) for words in ("행복해", "why so late", "no words")
    )
    columns = [cell_len(row[: row.index(words)]) for row, words in ((korean, "나는"), (english, "why"), (none, "(no"))]
    assert len(set(columns)) == 1
    assert "happy    ✓" in korean
    assert "sad      ✗ A" in english
    assert "no label" in none


def test_newest_words_are_last_and_kept() -> None:
    """However many utterances there are, the newest one is shown, below the ones before it."""
    lines = tuple(SpokenLine(n, n + 1, f"utterance {n} " + "가" * 30 * (n % 3), "happy") for n in range(40))
    shown = [row for row in rows(session(lines=lines)) if "utterance" in row]
    assert "utterance 39" in shown[-1]
    numbers = [int(row.split("utterance ")[1].split()[0]) for row in shown]
    assert all(before + 1 == after for before, after in pairwise(numbers))


def test_without_reference_nothing_is_judged() -> None:
    """Without a reference there are neither marks nor a row of true labels."""
    text = "\n".join(rows(session(has_reference=False)))
    assert "✗" not in text
    assert "✓" not in text
    assert "truth" not in text


def test_timeline_puts_labels_above_truths() -> None:
    """Label and reference of one moment stand in the same column, told apart by letters."""
    screen = rows(session(), 80, 24)
    label = next(row for row in screen if row.startswith(" label"))
    truth = next(row for row in screen if row.startswith(" truth"))
    assert label.index("S", 8) == truth.index("A", 8)
    assert "·" in label


@given(st.integers(0, 400), st.integers(1, 200), st.floats(1, 500))
def test_timeline_shows_what_was(count: int, columns: int, span: float) -> None:
    """A column shows moments of its own time, or the last one before it when it is too short to hold any."""
    moments = [Moment(0.5 * n, "happy") for n in range(1, count + 1)]
    for column, picked in enumerate(columns_of_moments(moments, span, columns)):
        start, end = span * column / columns, span * (column + 1) / columns
        inside = [m for m in moments if start <= m.t < end]
        assert set(picked) <= set(inside) if inside else len(picked) <= 1
        assert bool(picked) or not inside
        assert all(m.t >= start - 0.5 - 1e-9 for m in picked)


def test_what_must_not_be_overlooked() -> None:
    """Synthetic sources, lag and the newest notice are on the screen."""
    text = "\n".join(rows(session(synthetic=True, lag=3.25, notices=("old", "line 42 of S99F_eda.csv skipped"))))
    assert all(word in text for word in ("SYNTHETIC", "lag 3.2 s", "line 42"))


LIVE = (
    DeviceState(12.0, "마이크 (내장)", "streaming", None, 12.4, 0.031),
    DeviceState(12.0, "BITalino on ttyUSB0", "lost", "unplugged", -50.0, 0.012, 1234, 3, 83.0),
    DeviceState(12.0, "LSL stream type=TEMP", "waiting", "no stream with type=TEMP", away_s=12.0),
)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 50)])
def test_every_device_has_a_row(size: tuple[int, int]) -> None:
    """With its state in a word, what is wrong with it, and for how long it was away; columns stand under each other."""
    screen = rows(session(has_reference=False, devices=LIVE), *size)
    heading, *below = screen[next(n for n, row in enumerate(screen) if row.startswith(" device")) :]
    for row, device in zip(below, LIVE, strict=False):
        assert device.device in row
        state = device.state
        assert cell_len(row[: row.index(state)]) == cell_len(heading[: heading.index("state")]) + 2
        assert device.problem is None or device.problem in row
    assert all(fact in below[0] for fact in ("+12 ppm", "31 ms", "0:00"))
    assert "1:23" in below[1]
    assert ("1234" in below[1]) == (size[0] >= 120)
    ends = {cell_len(row[: row.index(away) + 4]) for row, away in zip(below, ("0:00", "1:23", "0:12"), strict=False)}
    assert ends == {cell_len(heading[: heading.index("away") + 4])}


def test_where_not_all_devices_have_room_the_faulty_ones_are_shown() -> None:
    """And how many there are besides."""
    many = (*[DeviceState(1.0, f"sensor {n}", "streaming") for n in range(6)], LIVE[1])
    screen = rows(session(has_reference=False, devices=many), 80, 24)
    assert "BITalino" in next(row for row in screen if "✗" in row)
    assert any("and 5 more" in row for row in screen)
    assert "BITalino" in "\n".join(rows(session(has_reference=False, devices=many), 60, 16))


def test_a_microphone_that_is_heard_wrongly_is_marked() -> None:
    """It streams, and what is wrong with it is said beside."""
    silent = DeviceState(1.0, "microphone", "streaming", "silent: every sample is zero")
    row = next(row for row in rows(session(devices=(silent,))) if row.startswith(" microphone"))
    assert "◐ streaming" in row
    assert "silent" in row


def test_a_recording_has_no_devices() -> None:
    """Nothing is shown of what is not there."""
    assert not any(row.startswith(" device") for row in rows(session(), 120, 40))


def test_text_cannot_move_the_cursor() -> None:
    """Escape sequences in names and words are defused; decomposed Hangul is composed."""
    assert clean("a\x1b[2Jb\r\nc") == "a [2Jb  c"
    assert clean("\u1112\u1161\u11ab") == "한"


@given(TEXTS, st.integers(2, 60))
def test_wrapping_keeps_words_and_width(text: str, width: int) -> None:
    """No wrapped row is wider than asked, and nothing but space is lost."""
    wrapped = wrap(text, width)
    assert all(cell_len(row) <= width for row in wrapped)
    assert "".join("".join(wrapped).split()) == "".join(clean(text).split())


def test_colours_are_legible_on_black_and_on_white() -> None:
    """Every colour has a contrast of 3:1 with black and with white (WCAG 2, large text)."""

    def luminance(name: str) -> float:
        parts = (one / 255 for one in Color.parse(name).get_truecolor())
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for name in COLOURS.values():
        assert (luminance(name) + 0.05) / 0.05 >= 3
        assert 1.05 / (luminance(name) + 0.05) >= 3


def test_letters_are_unique() -> None:
    """No two labels share a letter."""
    assert letters(LABELS) == dict(zip(LABELS, "ADFHNSU", strict=True))


def test_glyphs_are_distinct_at_every_size() -> None:
    """No two letters and no two digits look the same, and all rows of a banner are equally wide."""
    for scale in (1, 2, 4):
        for characters in ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789%-"):
            drawn = [banner(c, scale) for c in characters]
            assert len(set(drawn)) == len(drawn)
            assert all(len({len(row) for row in one}) == 1 for one in drawn)
            assert {len(one) for one in drawn} == {math.ceil(5 * scale / 2)}


def test_picture() -> None:
    """The screen can be had as SVG that loads nothing from the network and is the same every time."""
    picture = export_svg(session(), 80, 24)
    ElementTree.fromstring(picture)  # noqa: S314  # our own text
    assert "행복" in picture
    assert "url(" not in picture.replace("url(#", "")
    assert picture == export_svg(session(), 80, 24)
