"""Recordings given to other programs."""

import csv
import json
import stat

import numpy as np
import pytest
import soundfile

from devices.block import Block, Command, Gap, Quality, SensorNotice
from devices.sessions.csv_export import export_csv
from devices.sessions.exporting import CannotExport
from devices.sessions.lines import Note
from devices.sessions.recorded import RecordedSession
from devices.sessions.recorder import Recorder
from devices.sessions.xdf_export import export_xdf
from tests.devices.sessions.invented import Invented, steady, write_all
from tests.devices.streams import samples, times

MOST_WRONG_S = 0.005
RATES = {"audio": 16_000.0, "eda": 4.0, "ecg": 250.0}
DRIFT = 40e-6


def flow(stream, seconds, block_s, lost=()):
    """Blocks of a stream whose device runs 40 ppm fast, with holes (begin, end); a sample tells its index."""
    rate, size = RATES[stream], max(1, round(block_s * RATES[stream]))
    for index in range(0, round(seconds * rate), size):
        time = index / rate * (1 - DRIFT)
        if not any(begin <= time < end for begin, end in lost):
            yield Block(stream, index, time, rate, np.arange(index, index + size, dtype=np.float32))


LABEL = {
    "type": "label",
    "t": 1.5,
    "label": "happy",
    "state": "confirmed",
    "probabilities": {"happy": 0.75, "sad": 0.25},
}
SEGMENT = {
    "type": "segment",
    "start": 2.0,
    "end": 3.5,
    "label": None,
    "transcript": '안녕, "너"',
    "probabilities": None,
}
ENTRIES = [
    *sorted(
        [
            *flow("audio", 12.0, 0.032, [(4.0, 4.5)]),
            *flow("eda", 12.0, 0.5, [(3.0, 9.0)]),
            *flow("ecg", 12.0, 0.1, [(2.0, 2.3), (6.0, 9.2)]),
        ],
        key=lambda block: block.end,
    ),
    *(Block("ibi", k, 0.83 * k, 0.0, np.float32([0.83])) for k in range(10)),
    Gap("eda", 3.0, 24, 6.0, "unplugged"),
    Command(1.25, "mark", "아"),
    SensorNotice(2.5, "eda: battery low"),
    Note("message", LABEL),
    Note("message", SEGMENT),
    Note("late", {"number": 3}),
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with Recorder(tmp_path_factory.mktemp("place"), Invented(), {}, 5.0) as recorder:
        write_all(recorder, ENTRIES)
    return RecordedSession(recorder.folder)


@pytest.fixture(scope="module")
def loaded(session, tmp_path_factory):
    """Streams by name, as the reference reader gives them with its usual settings."""
    pyxdf = pytest.importorskip("pyxdf", reason="pyxdf, the reference reader of XDF, is not installed")
    path = tmp_path_factory.mktemp("xdf") / "session.xdf"
    export_xdf(session, path)
    streams, _ = pyxdf.load_xdf(path)
    return {stream["info"]["name"][0]: stream for stream in streams}


@pytest.mark.parametrize("stream", ["audio", "eda", "ecg", "ibi"])
def test_reference_reader_finds_each_sample_where_it_was(loaded, stream):
    """Within 5 ms, although it straightens the times of even streams; lost samples are NaN or a break."""
    found = loaded[stream]["time_series"][:, 0]
    known = np.isfinite(found)
    assert np.array_equal(found[known], samples(ENTRIES, stream))
    off = loaded[stream]["time_stamps"][known] - times(ENTRIES, stream)
    assert np.abs(off).max() <= MOST_WRONG_S
    if stream != "ibi":
        assert float(loaded[stream]["info"]["nominal_srate"][0]) == RATES[stream]


def test_reference_reader_knows_what_streams_are(loaded):
    kinds = {name: stream["info"]["type"][0] for name, stream in loaded.items()}
    body = {"audio": "Audio", "eda": "EDA", "ecg": "ECG", "ibi": "IBI"}
    assert kinds == body | {"maeum labels": "Markers", "maeum events": "Markers"}
    channel = loaded["eda"]["info"]["desc"][0]["channels"][0]["channel"][0]
    assert (channel["label"], channel["unit"]) == (["eda"], ["uS"])
    assert loaded["eda"]["footer"]["info"]["sample_count"] == [str(len(loaded["eda"]["time_series"]))]


def test_reference_reader_finds_labels_and_events(loaded):
    labels, events = loaded["maeum labels"], loaded["maeum events"]
    assert (labels["time_series"], list(labels["time_stamps"])) == ([["happy"], ["uncertain"]], [1.5, 2.0])
    assert [json.loads(text[0]) for text in events["time_series"]] == [
        {"gap": "eda", "time": 3.0, "lost": 24, "duration": 6.0, "reason": "unplugged"},
        {"command": "mark", "t": 1.25, "value": "아"},
        {"notice": "eda: battery low", "t": 2.5},
        {"note": "late", "number": 3},
    ]
    assert list(events["time_stamps"][:3]) == [3.0, 1.25, 2.5]


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_tables_hold_every_sample(session, tmp_path):
    export_csv(session, tmp_path / "tables")
    for stream, unit in {"eda": "eda_uS", "ecg": "ecg_mV", "ibi": "ibi_s"}.items():
        head, *body = rows(tmp_path / "tables" / f"{stream}.csv")
        assert head == ["session_s", unit, "quality"]
        assert np.array_equal(np.float32([row[1] for row in body]), samples(ENTRIES, stream))
        assert np.allclose([float(row[0]) for row in body], times(ENTRIES, stream), rtol=0, atol=1e-6)


def test_tables_hold_labels_and_events(session, tmp_path):
    export_csv(session, tmp_path / "tables")
    assert rows(tmp_path / "tables" / "labels.csv") == [
        ["session_s", "until_s", "kind", "label", "state", "transcript", "happy", "sad"],
        ["1.500000", "", "label", "happy", "confirmed", "", "0.75", "0.25"],
        ["2.000000", "3.5", "segment", "", "", '안녕, "너"', "", ""],
    ]
    assert rows(tmp_path / "tables" / "events.csv")[1:] == [
        ["3.000000", "gap", "eda", "6.000000 s, 24 samples: unplugged"],
        ["1.250000", "command", "mark", "아"],
        ["2.500000", "notice", "", "eda: battery low"],
        ["11.999540", "note", "late", '{"number": 3}'],
    ]


def test_sound_beside_tables_lasts_as_long_as_the_session(session, tmp_path):
    """Lost samples are silent, so that a moment of the session is the same moment of the file."""
    export_csv(session, tmp_path / "tables")
    sound, rate = soundfile.read(tmp_path / "tables" / "audio.wav", dtype="float32")
    assert (rate, len(sound)) == (16_000, 12 * 16_000)
    assert not sound[round(4.05 * rate) : round(4.45 * rate)].any()
    assert sound[round(11.0 * rate)] == pytest.approx(11.0 * rate * (1 + DRIFT), abs=8)


def test_quality_is_told(tmp_path):
    with Recorder(tmp_path, Invented(), {}) as recorder:
        recorder.write(Block("eda", 0, 0.0, 4.0, np.float32([0.1]), Quality.NO_CONTACT | Quality.CLIPPED))
    export_csv(RecordedSession(recorder.folder), tmp_path / "tables")
    assert rows(tmp_path / "tables" / "eda.csv")[1] == ["0.000000", "0.1", "NO_CONTACT|CLIPPED"]


def test_exports_are_for_the_owner_and_overwrite_nothing(session, tmp_path):
    export_csv(session, tmp_path / "tables")
    export_xdf(session, tmp_path / "session.xdf")
    made = [tmp_path / "session.xdf", *(tmp_path / "tables").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    before = (tmp_path / "session.xdf").read_bytes()
    with pytest.raises(CannotExport, match=r"tables exists already; nothing is overwritten"):
        export_csv(session, tmp_path / "tables")
    with pytest.raises(CannotExport, match=r"session\.xdf exists already; nothing is overwritten"):
        export_xdf(session, tmp_path / "session.xdf")
    assert (tmp_path / "session.xdf").read_bytes() == before


def test_export_that_does_not_fit_leaves_nothing(session, tmp_path):
    resource = pytest.importorskip("resource", reason="this system has no limits for files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(CannotExport, match=r"session\.xdf cannot be written: File too large"):
            export_xdf(session, tmp_path / "session.xdf")
        with pytest.raises(CannotExport, match=r"audio\.wav cannot be written: File too large"):
            export_csv(session, tmp_path / "tables")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_progress_is_told(tmp_path):
    with Recorder(tmp_path, Invented(), {}) as recorder:
        write_all(recorder, steady(3.2))
    told = []
    export_xdf(RecordedSession(recorder.folder), tmp_path / "session.xdf", told.append)
    assert max(told) == pytest.approx(3.2)
