"""`maeum-train inspect` on everything that is not KEMDy, and its exit codes."""

import csv
import pickle
import subprocess
import sys

import numpy as np
import pytest

from tests.devices.files import export
from tests.training.corpus import write_corpus

IDS = ("Sess99_script01_F001", "Sess99_script01_M001", "Sess99_impro01_F001")


@pytest.fixture
def speech(tmp_path):
    return write_corpus(tmp_path) / "speech" / "ravdess"


def table(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def test_a_speech_corpus_has_one_row_for_each_clip(inspect, speech):
    rows = inspect.table(speech)
    with (speech / "manifest.csv").open(newline="") as file:
        manifest = list(csv.DictReader(file))
    assert [row["wav"] for row in rows.values()] == [row["path"] for row in manifest]
    assert [row["label"] for row in rows.values()] == [row["label"] for row in manifest]
    assert {row["end_s"] for row in rows.values()} == {"1.4"}
    report = inspect.report(speech)
    assert (report["kind"], report["facts"]["speakers"]) == ("speech corpus", 6)
    assert (report["classes"]["happy"], report["classes"]["no label"]) == (6, 6)


def test_bad_rows_and_clips_of_a_manifest_are_named(inspect, speech):
    manifest = speech / "manifest.csv"
    lines = manifest.read_text().splitlines()
    missing, broken = (line.split(",")[0] for line in lines[1:3])
    (speech / missing).unlink()
    (speech / broken).write_text("no sound")
    lines[3] = lines[3].replace(lines[3].split(",")[2], "joy")
    lines.append(lines[4])
    manifest.write_text("\n".join(lines) + "\n")
    report = inspect.report(speech)
    assert report["missing"] == [f"manifest.csv:2: no {missing}"]
    assert [line.split(": ")[0] for line in report["unreadable"]] == [f"manifest.csv:{n}" for n in (4, len(lines), 3)]
    assert report["counts"][0]["rows"] == report["counts"][0]["used"] + 2
    assert len(inspect.table(speech)) == report["counts"][0]["used"]
    assert inspect.code(speech, "--strict") == 1


def test_a_manifest_without_a_needed_column_is_refused(inspect, speech):
    (speech / "manifest.csv").write_text("path,label\na.flac,happy\n")
    assert inspect.code(speech) == 1
    assert "no column 'speaker'" in inspect.complaint()


def test_an_e4_export_is_told_by_its_signals(inspect, tmp_path):
    report = inspect.report(export(tmp_path / "e4"))
    assert report["kind"] == "Empatica E4 export"
    assert [(part["signal"], part["rows"], part["hertz"]) for part in report["parts"]] == [
        ("eda", 4, 4.0),
        ("temp", 4, 4.0),
        ("ibi", 2, None),
    ]
    assert report["missing"][0] == "no hr: HR.csv is missing"


def test_bad_rows_of_an_e4_export_are_named(inspect, tmp_path):
    folder = export(tmp_path / "e4", EDA="1700000000.0\n4.0\n0.1\n?\n0.3\n", TEMP="yesterday\n", IBI="")
    report = inspect.report(folder)
    assert report["counts"] == [{"what": "eda", "rows": 3, "used": 2, "left_out": {"unreadable": 1}}]
    assert "EDA.csv:4: row skipped: '?'" in report["unreadable"]
    assert "TEMP.csv:1: expected a start time" in report["unreadable"][1]
    assert inspect.code(folder, "--strict") == 1


NOTEBOOK_TABLES = {
    "merged_bio_text.csv": (
        ("Seg", "mean_EDA", "mean_ECG", "mean_Temp", "tokenized", "Label_angry", "Label_happy"),
        (0.1, 0.2, 0.3, "['어', '네']", 0, 1),
    ),
    "df_all_bio.csv": (("Seg", "mean_EDA", "mean_ECG", "mean_Temp", "Label"), (1.5, 0.01, 31.2, "happy")),
    "df_all_txt.csv": (("", "Seg", "Label", "tokenized"), ("happy", "['어']")),
    "df_all_label.csv": (("Seg", "Label"), ("happy",)),
}


@pytest.mark.parametrize("name", NOTEBOOK_TABLES)
def test_the_notebooks_tables_are_recognised_by_their_columns(inspect, tmp_path, name):
    columns, cells = NOTEBOOK_TABLES[name]
    lead = ("0",) * (columns[0] == "")
    path = table(tmp_path / "renamed.csv", columns, [(*lead, each, *cells) for each in IDS])
    report = inspect.report(path)
    assert name in report["parts"][0]["what"]
    assert "maeum-train" in report["parts"][0]["replaced by"]
    assert report["parts"][0]["rows"] == 3
    assert report["classes"] == {"happy": 3}


def test_rows_of_a_notebook_table_without_an_utterance_are_named(inspect, tmp_path):
    path = table(tmp_path / "df_all_label.csv", ("Seg", "Label"), [(IDS[0], "happy"), ("Segment ID", "Emotion")])
    report = inspect.report(path)
    assert report["unreadable"] == ["df_all_label.csv:3: row skipped, 'Segment ID' is not a KEMDy19 segment ID"]


@pytest.mark.parametrize(("text", "name"), [("좋아, 그래", "merged_seg_text.txt"), ("", "all_wavSeg.txt")])
def test_the_notebooks_lists_are_recognised_by_their_lines(inspect, tmp_path, text, name):
    path = tmp_path / "renamed.txt"
    path.write_text("".join(f"{each},{text}\n" for each in IDS), encoding="utf-8")
    part = inspect.report(path)["parts"][0]
    assert name in part["what"]
    assert part["rows"] == 3


def test_mfccs_are_recognised_by_their_shape(inspect, tmp_path):
    np.save(tmp_path / "renamed.npy", np.zeros((3, 100, 465), np.float32))
    part = inspect.report(tmp_path / "renamed.npy")["parts"][0]
    assert (part["rows"], part["detail"]) == (3, "3 x 100 x 465, float32")


class Trap:
    """Says so when it is unpickled."""

    def __reduce__(self):
        return sys.exit, ("unpickled",)


def test_a_pickle_is_never_opened(inspect, tmp_path):
    (tmp_path / "needed_mfcc_y.pkl").write_bytes(pickle.dumps(Trap()))
    part = inspect.report(tmp_path / "needed_mfcc_y.pkl")["parts"][0]
    assert "not opened" in part["detail"]


def test_an_array_of_objects_is_not_unpickled_either(inspect, tmp_path):
    np.save(tmp_path / "needed_mfcc.npy", np.array([Trap()], object), allow_pickle=True)
    assert inspect.code(tmp_path / "needed_mfcc.npy") == 1
    assert "without unpickling" in inspect.complaint()


def test_a_folder_of_notebook_files_lists_them_all(inspect, tmp_path):
    table(tmp_path / "df_all_label.csv", ("Seg", "Label"), [(IDS[0], "happy")])
    np.save(tmp_path / "needed_mfcc.npy", np.zeros((1, 100, 465), np.float32))
    (tmp_path / "notes.txt").write_text("nothing of ours\n")
    report = inspect.report(tmp_path)
    assert [part["file"] for part in report["parts"]] == ["df_all_label.csv", "needed_mfcc.npy"]
    assert "original notebooks" in inspect.printed(tmp_path)


def test_what_is_not_there_and_what_is_not_known_have_their_exit_codes(inspect, tmp_path, speech):
    assert inspect.code(tmp_path / "nowhere") == 3
    assert "no such file or folder" in inspect.complaint()
    assert inspect.code(speech.parent) == 1
    assert "but there is ravdess in it" in inspect.complaint()
    (tmp_path / "notes.txt").write_text("nothing of ours\n")
    assert inspect.code(tmp_path / "notes.txt") == 1


def test_a_table_of_what_has_no_utterances_is_a_usage_error(inspect, tmp_path):
    assert inspect.code(export(tmp_path / "e4"), "--table", tmp_path / "table.csv") == 2
    assert "--table goes with a corpus of utterances" in inspect.complaint()
    assert not (tmp_path / "table.csv").exists()


def test_a_table_that_cannot_be_written_is_a_failure_in_one_line(inspect, speech, tmp_path):
    assert inspect.code(speech, "--table", tmp_path / "nowhere/table.csv") == 1
    assert "No such file" in inspect.complaint()


def test_a_reader_that_leaves_early_is_no_failure(speech):
    with subprocess.Popen(
        [sys.executable, "-m", "training.cli", "inspect", speech],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (0, b"")


def test_real_corpora_are_read(inspect, shared_data):
    report = inspect.report(shared_data / "speech" / "emotiontts_ko")
    assert report["counts"][0]["used"] == 200
    assert report["unreadable"] == []
    assert inspect.report(shared_data / "bio" / "e4_msr2023_sample")["kind"] == "Empatica E4 export"
