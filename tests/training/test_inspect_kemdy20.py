"""`maeum-train inspect` on KEMDy20."""

import pytest

from devices.kemdy20 import Kemdy20
from tests.kemdy19_fixture import edit, edit_line, line_of
from tests.kemdy20_fixture import Plan20, bio_path20, make_corpus20

FIRST = "Sess99_script01_User197F_001"
TIE = ["disgust"] * 4 + ["sad"] * 2 + ["neutral"] * 4


@pytest.fixture
def root(tmp_path):
    return make_corpus20(
        tmp_path,
        Plan20(votes={FIRST: TIE}, silent=["Sess99_script01_User198M_001"], empty_ibi=[("script01", "User197F")]),
        Plan20(session=98, users=("User195M", "User196M")),
    )


def plain_bio(root, segment_id, stream):
    session, script, user, _ = segment_id.split("_")
    path = bio_path20(root, stream, script, user, int(session[4:]))
    rows = [line.split(",") for line in path.read_text().splitlines()[2:]]
    return [float(row[0]) for row in rows if row[2:] == [segment_id]]


def test_the_tables_values_are_those_of_a_plain_computation(inspect, root):
    table = inspect.table(root)
    assert len(table) == 24
    for segment_id, row in table.items():
        for stream in ("eda", "temp"):
            values = plain_bio(root, segment_id, stream)
            assert row[f"{stream}_n"] == str(len(values))
            assert float(row[f"{stream}_mean"]) == pytest.approx(sum(values) / len(values))


def test_a_row_has_the_user_as_speaker_and_no_ecg(inspect, root):
    row = inspect.table(root)[FIRST]
    assert (row["session"], row["scene"], row["speaker"]) == ("99", "script01", "User197")
    assert (row["start_s"], row["end_s"]) == ("1.2345678", "3.2345678")
    assert row["wav"] == f"wav/Session99/{FIRST}.wav"
    assert row["text"] == "똠방각하는 웃었다."
    assert (row["ecg_n"], row["ecg_mean"]) == ("", "")


def test_a_tie_keeps_the_corpus_own_order_with_the_right_spelling(inspect, root):
    row = inspect.table(root)[FIRST]
    assert (row["label"], row["labels"]) == ("", "neutral|disgust")


def test_the_report_counts_people_by_user_and_says_what_is_missing(inspect, root):
    report = inspect.report(root)
    assert (report["kind"], report["facts"]["people"], report["facts"]["utterances"]) == ("KEMDy20", 4, 24)
    assert [count["what"] for count in report["counts"]] == ["annotation", "eda", "temp", "ibi"]
    assert "no ibi: IBI/Session99/Sess99_script01_User197F.csv is empty" in report["missing"]
    assert report["parts"][1]["no ibi"] >= 3
    assert "Sess99_script01_User198M_001.wav: silent: every sample is zero" in report["noticed"]
    assert report["unreadable"] == []


def test_what_is_missing_drops_no_row(inspect, root):
    other = "Sess98_script01_User195M_001"
    for suffix in ("wav", "txt"):
        (root / f"wav/Session98/{other}.{suffix}").unlink()
    bio_path20(root, "eda", "script01", "User195M", 98).unlink()
    edit(bio_path20(root, "temp", "script01", "User195M", 98), lambda text: text.replace(f",{other}", ""))
    row = inspect.table(root)[other]
    assert {row[name] for name in ("wav", "text", "eda_n", "eda_mean", "temp_n", "temp_mean")} == {""}
    assert row["label"]
    report = inspect.report(root)
    assert report["facts"]["utterances"] == 24
    assert [report["parts"][0][f"no {what}"] for what in ("wav", "txt", "eda", "temp")] == [1, 1, 3, 1]
    assert "no eda: EDA/Session98/Sess98_script01_User195M.csv" in report["missing"]


def test_bad_rows_and_files_are_named_and_skipped_or_stop_a_strict_run(inspect, root):
    file = root / "annotation/Sess99_eval.csv"
    line = line_of(file, "User198M_001")
    edit_line(file, line, "garbage")
    edit(bio_path20(root, "eda", "script02", "User198M"), lambda text: text.replace("4.000000,hz", "4,bits"))
    unreadable = inspect.report(root)["unreadable"]
    assert unreadable[0] == f"Sess99_eval.csv:{line}: row skipped, 1 columns where 37 are due"
    assert unreadable[1].startswith("no eda: Sess99_script02_User198M.csv:2: expected 4.000000,hz")
    assert inspect.code(root, "--strict") == 1


def test_an_utterance_twice_leaves_its_session_out(inspect, root):
    edit(root / "annotation/Sess99_eval.csv", lambda text: text.replace("User197F_002", "User197F_001"))
    report = inspect.report(root)
    assert report["counts"][0]["left_out"] == {"of an unreadable session": 12}
    assert report["facts"]["utterances"] == len(Kemdy20(root).annotation(98).segments)
