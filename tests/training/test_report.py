"""The report of a run: one page that loads nothing, drawings that open, the numbers of the evaluation, leaks in red."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.training.predicted import run_json, tables
from training.errors import NotPrepared
from training.evaluation.results import Results
from training.predictions import InvalidPredictions, Predictions
from training.report import read_run, typical_scene, write_report
from training.report.screen import as_text
from training.report.theme import DARK, LIGHT

PLOTS = {
    *("scores", "confusion-voice", "confusion-text", "confusion-bio", "confusion-vote"),
    *("classes", "reliability", "sessions", "learning", "timeline"),
}


def silent(done: int, total: int) -> None:
    """Take progress that nobody looks at."""
    assert done <= total


def write_run(folder: Path, some: list[Predictions], **changes: Any) -> Path:
    for table in some:
        table.save(folder / "predictions" / f"{table.modality}.npz")
    (folder / "run.json").write_text(json.dumps(run_json(**changes)))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    folder = write_run(tmp_path_factory.mktemp("run"), tables(sessions=10, turns=4), packages={"maeum": "9.9"})
    return folder, write_report(folder, silent)


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    some = tables(("voice",), sessions=2, turns=3)
    folder = write_run(tmp_path_factory.mktemp("leaky"), some, leaky=True, leak="rows <planted> twice", history={})
    return folder, write_report(folder, silent)


class Tags(HTMLParser):
    """Open tags, and what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)
        loading = ("src", "href", "xlink:href", "data", "srcset")
        self.loads += [value or "" for name, value in attributes if name in loading]

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_that_loads_nothing(run: tuple[Path, Results]) -> None:
    """No address at all, references to itself alone, every tag closed."""
    html = (run[0] / "report.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert all(load.startswith("#") for load in tags.loads)
    assert not re.search(r"https?:|@import|<script|<link|//[a-z]", html)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))


def test_the_page_is_legible_on_light_and_on_dark(run: tuple[Path, Results]) -> None:
    """Drawings take the page's colours; none of their own is left in them."""
    html = (run[0] / "report.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme:dark" in html
    drawn = html[html.index("<svg") :].lower()
    assert "var(--voice)" in drawn
    assert not [colour for colour in LIGHT.values() if colour in drawn]
    assert set(LIGHT) == set(DARK)
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_every_drawing_is_a_png_that_opens(run: tuple[Path, Results]) -> None:
    """Of a size to read, and not blank."""
    plots = {path.stem: path for path in (run[0] / "plots").iterdir()}
    assert set(plots) == PLOTS
    for path in plots.values():
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert min(image.size) > 350
            assert len(np.unique(np.asarray(image.convert("L")))) > 20


def test_page_json_and_results_say_the_same(run: tuple[Path, Results]) -> None:
    """The numbers of the evaluation, once computed."""
    folder, results = run
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(results.to_json()))
    html = (folder / "report.html").read_text(encoding="utf-8")
    for outcome in results.outcomes:
        assert f"<td>{outcome.scores.uar:.3f}" in html
    assert "maeum 9.9" in html
    assert "LEAKY" not in html
    assert "leaky:" not in html


def test_a_second_report_is_the_same(leaky: tuple[Path, Results]) -> None:
    """To the byte: page and drawings."""
    files = [leaky[0] / "report.html", leaky[0] / "plots" / "scores.png"]
    before = [file.read_bytes() for file in files]
    write_report(leaky[0], silent)
    assert [file.read_bytes() for file in files] == before


def test_a_leaky_run_says_so_beside_its_numbers(leaky: tuple[Path, Results]) -> None:
    """In every row, in every drawing, in red; rows without features do not leak."""
    html = (leaky[0] / "report.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr(?: class=(?:apart|red))?>.*?</tr>", html.partition("<tbody>")[2], flags=re.DOTALL)
    scored = [row for row in rows if "class=red" in row]
    assert len(scored) >= 6
    assert all("leaky: rows &lt;planted&gt; twice" in row for row in scored)
    assert all("leaky" not in row for row in rows if "class=apart" in row)
    assert html.count("<svg") == html.count("LEAKY: rows")
    assert "<planted>" not in html


def test_a_leaky_run_is_red_on_the_terminal(leaky: tuple[Path, Results]) -> None:
    """And the reason stands there."""
    text = as_text(leaky[1], 80, colours=True)
    assert "\x1b[1;31mLEAKY: rows <planted> twice" in text
    assert "\x1b[31mvoice" in text
    assert "LEAKY: rows <planted> twice" in as_text(leaky[1], 80, colours=False)


def test_the_terminal_needs_no_more_than_eighty_columns(run: tuple[Path, Results]) -> None:
    """Every outcome stands in one line, with its numbers."""
    lines = as_text(run[1], 80, colours=False).splitlines()
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) <= 80
    whole = run[1].outcome("voice", "text", "bio", weighting="fitted")
    assert any(re.match(rf"voice\+text\+bio, fitted +{whole.n} +{whole.scores.accuracy:.3f}", line) for line in lines)


def test_the_scene_shown_is_one_scene_of_test_rows() -> None:
    """Of all its speakers; none where the corpus has no scenes."""
    (table,) = tables(("text",), sessions=4, turns=5)
    scene = typical_scene(table)
    assert scene is not None
    assert len(scene) == 10
    assert {tuple(pair) for pair in zip(scene.session, scene.scene, scene.part, strict=True)} == {
        (scene.session[0], scene.scene[0], "test")
    }
    assert typical_scene(table[table.part == "validation"]) is None


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    """A folder without run.json, one without tables, and a broken file."""
    with pytest.raises(NotPrepared, match=r"run\.json is missing"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(NotPrepared, match="no table of predictions"):
        read_run(tmp_path)
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "voice.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(InvalidPredictions, match=r"voice\.npz"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InvalidPredictions, match=r"run\.json"):
        read_run(tmp_path)


def test_the_command_prints_json_and_writes_the_report(tmp_path: Path) -> None:
    """`maeum-train report RUN --json`; a folder that is no run ends with code 3 and one line."""
    folder = write_run(tmp_path, tables(("voice", "text"), sessions=2, turns=2))
    command = [sys.executable, "-m", "training.cli", "report"]
    done = subprocess.run([*command, str(folder), "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["protocol"] == "sessions"
    assert (folder / "report.html").is_file()
    bad = subprocess.run([*command, str(folder / "plots")], capture_output=True, text=True)
    assert (bad.returncode, bad.stdout) == (3, "")
    assert bad.stderr.count("\n") == 1


def test_the_page_says_which_rows_and_folds_there_were(tmp_path: Path) -> None:
    """Left out rows by reason, sessions of each fold, the leaky score of shuffled rows in red."""
    write_run(
        tmp_path,
        tables(("text",), sessions=2, turns=2),
        history={},
        rows={"annotated": 40, "used": 37, "skipped": {"raters tied": 3}},
        folds=[{"fold": 1, "test_sessions": ["01"], "validation_sessions": ["02"], "train_n": 20, "test_n": 9}],
        shuffled={"text": {"accuracy": 0.9125, "n": 8, "split": "a shuffled fifth"}},
    )
    write_report(tmp_path, silent)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<th>left out: raters tied</th><td>3</td>" in html
    assert "<th>fold 1</th><td>20</td><td></td><td>9</td><td>02</td><td>01</td>" in html
    assert "<td>0.912</td><td>a shuffled fifth</td>" in html


def test_a_corpus_of_single_speakers_has_its_report_too(tmp_path: Path) -> None:
    """Without sessions, scenes and kinds: no drawing of them, people are drawn for intervals, gauges give a reason."""
    (table,) = tables(("voice",), sessions=2, turns=3)
    none = np.full(len(table), "")
    plain = replace(table, session=none, scene=none, kind=none, start=np.zeros(len(table)), end=np.ones(len(table)))
    results = write_report(write_run(tmp_path, [plain], corpus="RAVDESS", history={}), silent)
    assert results.clusters == "speaker"
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == {
        *("scores", "confusion-voice", "classes", "reliability")
    }
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "nearest in time: the corpus has no scenes" in html
    assert "published" not in html
    assert "alone" not in as_text(results, 80, colours=False)


def test_the_notebooks_protocol_stands_beside_what_they_printed(run: tuple[Path, Results]) -> None:
    """And no other protocol does."""
    theirs = replace(run[1], protocol="notebook", leak="planted")
    assert "printed by the notebooks: vote" in as_text(theirs, 120, colours=False)
    assert "printed by" not in as_text(run[1], 120, colours=False)


def test_corpora_that_were_trained_together_have_tables_of_their_own(tmp_path: Path) -> None:
    """With what each reaches without features and what is published for it; what one has not is said."""
    some = [
        replace(table, corpus=np.where(table.session > "05", "KEMDy20", "KEMDy19"))
        for table in tables(("voice", "text"), sessions=10, turns=3)
    ]
    remarks = ["KEMDy20: it has no ECG"]
    folder = write_run(tmp_path, some, corpus="KEMDy19 + KEMDy20", history={}, remarks=remarks)
    results = write_report(folder, silent)
    html = (folder / "report.html").read_text(encoding="utf-8")
    for corpus, published in (("KEMDy19", "0.664"), ("KEMDy20", "0.408")):
        section = html.partition(f"<h2>{corpus} alone</h2>")[2].partition("</section>")[0]
        assert f"<td>{results.whole.corpora[corpus].uar:.3f}</td>" in section
        assert "<th>largest class</th>" in section
        assert f"<td>{published}</td>" in section
    assert "<li>KEMDy20: it has no ECG.</li>" in html
    lines = as_text(results, 80, colours=False).splitlines()
    assert max(map(len, lines)) <= 80
    assert "KEMDy20 alone" in (line.strip() for line in lines)
