"""`maeum-train inspect` on KEMDy19: every quirk of the corpus, and a table that a plain computation confirms."""

import csv
from collections import defaultdict

import pytest

from tests.kemdy19_fixture import (
    EMOTIONS,
    HEADER,
    Line,
    Plan,
    annotation_row,
    bio_path,
    edit,
    edit_line,
    line_of,
    make_corpus,
    write,
)

TIE = ["neutral"] * 4 + ["happy"] * 2 + ["angry"] * 4
FIRST = "Sess98_script01_F001"


@pytest.fixture
def root(tmp_path):
    """Two sessions; a tie, a gap, a new recording, markers in a transcript, a body that is not there."""
    return make_corpus(
        tmp_path,
        Plan(session=98, lost={"eda": (3.0, 8.0)}, reset_at=20.0, votes={"Sess98_script01_M001": TIE}),
        Plan(session=99, bodies=("F",), texts={"Sess99_impro01_M002": "b/ (가나+다라) 마바l/ 3개 TV."}),
    )


def plain_table(root):
    """Compute the table in the most straightforward way: one dictionary of lists for each file."""
    rows = {}
    for path in sorted(root.glob("annotation/*.csv")):
        session, person = path.name[7:9], path.name[10]
        body = {}
        for stream, column in (("eda", 0), ("ecg", 1), ("temp", 0)):
            values = defaultdict(list)
            file = bio_path(root, stream, person, int(session))
            for line in file.read_text().splitlines() if file.exists() else ():
                cells = line.split(",")
                if len(cells) == 4:
                    values[cells[3]].append(float(cells[column]))
            body[stream] = values
        with path.open(newline="") as file:
            for cells in list(csv.reader(file))[2:]:
                if f"_{person}" in cells[9]:
                    rows[cells[9]] = (cells, {stream: values.get(cells[9], []) for stream, values in body.items()})
    return rows


def test_the_tables_values_are_those_of_a_plain_computation(inspect, root):
    table, plain = inspect.table(root), plain_table(root)
    assert table.keys() == plain.keys()
    for segment_id, row in table.items():
        cells, body = plain[segment_id]
        labels = cells[10].split(";")
        assert row["labels"] == "|".join(labels)
        assert row["label"] == (labels[0] if len(labels) == 1 else "")
        assert [float(row[name]) for name in ("start_s", "end_s")] == [float(cells[1]), float(cells[2])]
        assert [float(row[name]) for name in ("valence", "arousal")] == [float(cells[11]), float(cells[12])]
        for stream, values in body.items():
            assert row[f"{stream}_n"] == (str(len(values)) if values else "")
            row_mean = row[f"{stream}_mean"]
            assert bool(row_mean) == bool(values)
            assert not values or float(row_mean) == pytest.approx(sum(values) / len(values))


def test_a_row_says_who_speaks_when_and_what(inspect, root):
    row = inspect.table(root)["Sess99_impro01_M002"]
    assert (row["session"], row["scene"], row["speaker"]) == ("99", "impro01", "M")
    assert row["wav"] == "wav/Session99/Sess99_impro01/Sess99_impro01_M002.wav"
    assert row["text"] == "다라 마바 3개 TV."
    assert row["eda_n"] == row["ecg_mean"] == row["temp_n"] == ""


def test_a_tie_has_no_label_and_its_labels_in_the_files_order(inspect, root):
    row = inspect.table(root)["Sess98_script01_M001"]
    assert (row["label"], row["labels"]) == ("", "neutral|angry")


def test_the_misspelt_emotion_is_disgust(inspect, tmp_path):
    root = make_corpus(tmp_path, Plan(bodies=(), votes={"Sess99_script01_F001": ["disgust"] * 10}))
    edit(root / "annotation/Session99_F_res.csv", lambda text: text.replace("disgust", "disqust"))
    assert inspect.table(root)["Sess99_script01_F001"]["label"] == "disgust"


def test_zeros_are_values_of_the_mean(inspect, root):
    path = bio_path(root, "eda", "F", 98)
    before = inspect.table(root)[FIRST]
    line = line_of(path, FIRST)
    cells = path.read_text().splitlines()[line - 1].split(",")
    edit_line(path, line, ",".join(["0.000000", *cells[1:]]))
    after = inspect.table(root)[FIRST]
    n = int(before["eda_n"])
    assert after["eda_n"] == before["eda_n"]
    assert float(after["eda_mean"]) == pytest.approx(float(before["eda_mean"]) - float(cells[0]) / n)


def test_annotated_sensor_cells_change_nothing(inspect, root):
    before = inspect.table(root)
    for path in root.glob("annotation/*.csv"):
        edit(path, lambda text: text.replace("0.0144602,0,1.5,1.51,30,30.02", "7,8,,,,"))
    assert inspect.table(root) == before


def test_what_is_missing_drops_no_row_and_is_counted(inspect, root):
    folder = root / "wav/Session98/Sess98_script01"
    (folder / f"{FIRST}.wav").unlink()
    (folder / f"{FIRST}.txt").unlink()
    for stream in ("eda", "ecg", "temp"):
        edit(bio_path(root, stream, "F", 98), lambda text: text.replace(f",{FIRST}", ""))
    row = inspect.table(root)[FIRST]
    assert {row[name] for name in ("wav", "text", "eda_n", "eda_mean", "ecg_n", "ecg_mean", "temp_n", "temp_mean")} == {
        ""
    }
    assert row["label"] == "neutral"
    report = inspect.report(root)
    assert report["parts"][0]["no wav"] == report["parts"][0]["no txt"] == 1
    assert f"Session98: no wav that can be read: {FIRST}" in report["missing"]
    assert report["facts"]["utterances"] == 24


def test_the_report_counts_sessions_classes_and_rows(inspect, root):
    report = inspect.report(root)
    assert (report["kind"], report["facts"]["sessions"], report["facts"]["people"]) == ("KEMDy19", 2, 4)
    assert sum(report["classes"].values()) == 24
    assert report["classes"]["tied"] == 1
    assert [count["what"] for count in report["counts"]] == ["annotation", "eda", "ecg", "temp"]
    assert report["counts"][0]["left_out"] == {"describe the listener": 24}
    assert report["parts"][1]["no ecg"] == 6
    assert "no ecg: ECG/Session99/Original/Sess99M.csv" in report["missing"]
    assert "EDA/Session98/Original/Sess98F.csv: rows are missing at 1 place, 5 s in all" in report["noticed"]
    assert "TEMP/Session98/Original/Sess98M.csv: the recording was started anew at 1 place" in report["noticed"]
    assert report["unreadable"] == []


def two_files(root, of_woman, of_man):
    """Write both annotation files from segment IDs alone."""
    for person, ids in (("F", of_woman), ("M", of_man)):
        lines = [Line(each, n, n + 1, ["happy"] * 10) for n, each in enumerate(ids)]
        rows = [annotation_row(n, line, line.votes) for n, line in enumerate(lines, 1)]
        write(root / f"annotation/Session99_{person}_res.csv", HEADER + "".join(rows))


def test_repairs_are_told_and_the_counts_add_up(inspect, tmp_path):
    right = ["Sess99_impro02_F001", "Sess99_impro02_M001", "Sess99_impro03_F031"]
    wrong = ["Sess99_impro02_M001", "Sess99_impro02_M001", "Sess99_impro03_M031"]
    two_files(tmp_path, wrong, right)
    report = inspect.report(tmp_path)
    assert len(report["repaired"]) == 2
    assert report["counts"][0] == {
        "what": "annotation",
        "rows": 6,
        "used": 2,
        "left_out": {"describe the listener": 2, "no speaker's row in either file": 2},
    }
    assert inspect.table(tmp_path).keys() == {"Sess99_impro02_F001", "Sess99_impro02_M001"}


def test_a_session_that_no_rule_explains_is_left_out_and_the_others_stay(inspect, root):
    two_files(root, ["Sess99_impro02_M001"] * 2, ["Sess99_impro02_M001"] * 2)
    report = inspect.report(root)
    assert report["facts"]["utterances"] == 12
    assert report["unreadable"][0].startswith("Session99 left out: Session99_F_res.csv: Sess99_impro02_M001 occurs 2")
    assert report["counts"][0]["left_out"]["of an unreadable session"] == 4


def test_without_a_sister_file_utterances_stay_without_label(inspect, root):
    (root / "annotation/Session99_M_res.csv").unlink()
    row = inspect.table(root)["Sess99_script01_M001"]
    assert (row["label"], row["valence"], row["end_s"]) == ("", "", "4.875")
    report = inspect.report(root)
    assert report["classes"]["no label"] == 6
    assert report["missing"][0] == "Session99: no annotation of M: the utterances of M have no label"


@pytest.mark.parametrize("text", ["", HEADER])
def test_annotation_without_rows_is_missing_and_no_error(inspect, root, text):
    for person in "FM":
        write(root / f"annotation/Session99_{person}_res.csv", text)
    report = inspect.report(root)
    assert report["parts"][1]["utterances"] == 0
    assert report["missing"][0] == "no utterance: annotation/Session99_F_res.csv"


def test_an_id_is_taken_exactly_and_strays_are_told(inspect, root):
    """The corpus has a recording whose words carry one number, and whose sound and annotation the next."""
    edit(bio_path(root, "temp", "F", 98), lambda text: text.replace(FIRST, "Sess98_script01_F099"))
    folder = root / "wav/Session98/Sess98_script01"
    (folder / f"{FIRST}.txt").rename(folder / "Sess98_script01_F099.txt")
    row, report = inspect.table(root)[FIRST], inspect.report(root)
    assert (row["temp_n"], row["text"]) == ("", "")
    assert report["counts"][3]["left_out"]["of no annotated utterance"] == 8
    stray = "wav/Session98/Sess98_script01: of no annotated utterance: Sess98_script01_F099.txt"
    assert stray in report["noticed"]


def test_a_total_that_its_raters_contradict_is_told(inspect, root):
    edit(root / "annotation/Session98_F_res.csv", lambda text: text.replace(f"{FIRST},neutral", f"{FIRST},sad"))
    assert inspect.table(root)[FIRST]["label"] == "neutral"
    assert any(line.startswith(f"{FIRST}: the file's total says 'sad'") for line in inspect.report(root)["noticed"])


BROKEN = {
    "annotation row": (lambda root: edit_line(annotation(root), 3, "1,2,3"), "Session98_F_res.csv:3: row skipped"),
    "bio row": (lambda root: edit_line(bio_path(root, "eda", "F", 98), 5, "##"), "Sess98F.csv:5: row skipped: '##'"),
    "bio file": (
        lambda root: write(bio_path(root, "ecg", "F", 98), "1,1,09:30:00.000\n1,1,09:30:00.004\n"),
        "no ecg: Sess98F.csv: neither of the first two columns could be time",
    ),
    "wav": (lambda root: write(clip(root, "wav"), "no sound"), f"{FIRST}.wav: not audio"),
    "txt": (lambda root: clip(root, "txt").write_bytes(b"\xff\xff\xff"), f"{FIRST}.txt:1: neither UTF-8 nor CP949"),
}


def annotation(root):
    return root / "annotation/Session98_F_res.csv"


def clip(root, suffix):
    return root / f"wav/Session98/Sess98_script01/{FIRST}.{suffix}"


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_named_and_skipped_or_stops_a_strict_run(inspect, root, kind):
    break_it, why = BROKEN[kind]
    break_it(root)
    report = inspect.report(root)
    assert len(report["unreadable"]) == 1
    assert why in report["unreadable"][0]
    assert inspect.code(root, "--strict") == 1
    assert why in inspect.complaint()


def test_a_whole_corpus_passes_strictly(inspect, root):
    assert inspect.code(root, "--strict") == 0


def test_a_silent_wav_and_a_text_of_markers_only_are_told(inspect, root):
    clip(root, "txt").write_text("b/ o/\n")
    wav = clip(root, "wav").read_bytes()
    clip(root, "wav").write_bytes(wav[:44] + bytes(len(wav) - 44))
    noticed = inspect.report(root)["noticed"]
    assert f"{FIRST}.wav: silent: every sample is zero" in noticed
    assert f"{FIRST}.txt: nothing is left once it is cleaned" in noticed


def test_the_print_in_a_pipe_is_plain_and_has_a_bar_for_each_class(inspect, root):
    printed = inspect.printed(root)
    assert "\x1b" not in printed
    lines = printed.splitlines()
    for emotion in EMOTIONS:
        assert any(line.split()[:1] == [emotion] and "%" in line for line in lines)
    assert "█" in printed
    assert "missing (3)" in printed


def test_folder_above_the_root_is_as_good(inspect, root):
    assert inspect.table(root.parent) == inspect.table(root)
