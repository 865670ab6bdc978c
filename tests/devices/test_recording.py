"""A path is opened as what it is, or refused in one line that says what to do."""

import numpy as np
import pytest

from devices.recording import Kind, open_recordings, recognise
from devices.source import SourceError, SourceNotFound, UnreadableSource
from tests.devices.files import export, sine, written
from tests.devices.streams import gaps, in_order, samples
from tests.kemdy19_fixture import Plan, make_corpus, write


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    plans = [Plan(session=number, bodies=(), utterances=2) for number in (98, 99)]
    return make_corpus(tmp_path_factory.mktemp("corpus"), *plans)


def names(*arguments):
    return [source.name for source in open_recordings(*arguments)]


def test_each_kind_is_recognised_by_what_it_holds(root, tmp_path):
    assert recognise(root) is recognise(root.parent) is Kind.KEMDY19
    assert recognise(written(tmp_path / "a.wav", sine(1))) is Kind.AUDIO
    assert recognise(export(tmp_path / "wrist")) is Kind.E4


def test_of_a_corpus_every_scene_is_opened_in_order(root):
    assert names(root) == [f"KEMDy19/Session{n}/{scene}" for n in (98, 99) for scene in ("script01", "impro01")]
    assert names(root, 99) == ["KEMDy19/Session99/script01", "KEMDy19/Session99/impro01"]
    assert names(root, None, "impro01") == ["KEMDy19/Session98/impro01", "KEMDy19/Session99/impro01"]
    assert names(root, 98, "script01") == ["KEMDy19/Session98/script01"]


def test_audio_is_opened_alone_or_with_an_e4_export(tmp_path):
    audio = written(tmp_path / "a.wav", sine(1))
    assert names(audio) == ["a.wav"]
    assert names(audio, None, None, None, export(tmp_path / "wrist")) == ["a.wav + wrist"]


def test_a_body_is_replayed_without_sound(tmp_path):
    """To its own end: the export's four samples a second make one second, the last beat 1.06 s."""
    (source,) = open_recordings(export(tmp_path / "wrist"))
    events = list(source.events())
    assert set(source.rates) == {"eda", "temp", "ibi"}
    assert source.duration == pytest.approx(1.0625)
    assert len(samples(events, "eda")) == 4
    assert in_order(events)


def test_nothing_there_an_empty_folder_and_any_other_folder_are_refused(tmp_path):
    with pytest.raises(SourceNotFound, match="nothing: no such file or folder"):
        recognise(tmp_path / "nothing")
    with pytest.raises(UnreadableSource, match="the folder is empty"):
        recognise(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UnreadableSource, match="neither an audio file nor a KEMDy root"):
        recognise(tmp_path)
    with pytest.raises(UnreadableSource, match=r"notes\.txt: not audio"):
        names(tmp_path / "notes.txt")


def test_what_does_not_go_together_is_said(root, tmp_path):
    audio, wrist = written(tmp_path / "a.wav", sine(1)), export(tmp_path / "wrist")
    with pytest.raises(SourceError, match="--session, --scene and --person choose within a corpus"):
        names(audio, 1)
    with pytest.raises(SourceError, match="--bio goes with an audio file"):
        names(root, None, None, None, wrist)
    with pytest.raises(UnreadableSource, match=r"a\.wav: is a file, not the folder of an Empatica E4 export"):
        names(audio, None, None, None, audio)
    with pytest.raises(SourceError, match=r"--bio goes with an audio file; .*wrist is an Empatica E4 export"):
        names(wrist, None, None, None, wrist)
    with pytest.raises(SourceError, match=r"choose within a corpus; .*wrist is an Empatica E4 export"):
        names(wrist, 1)
    with pytest.raises(SourceNotFound, match="no session 1; it has 98-99"):
        names(root, 1)


def test_a_corpus_without_the_scene_or_without_any_row_is_refused(root, tmp_path):
    with pytest.raises(SourceNotFound, match=r"no scene 'impro09' in any of its sessions \(98-99\)"):
        open_recordings(root, scene="impro09")
    write(tmp_path / "annotation/Session99_F_res.csv", "")
    with pytest.raises(SourceNotFound, match=r"no utterance in any of its sessions \(99\)"):
        open_recordings(tmp_path)


@pytest.mark.parametrize("folder", [".", "KEMDy20_v1_2"])
def test_kemdy20_is_recognised_by_its_annotation(tmp_path, folder):
    write(tmp_path / folder / "annotation/Sess99_eval.csv", "")
    assert recognise(tmp_path) is Kind.KEMDY20


def test_a_real_recording_with_a_real_export(shared_data):
    audio = min((shared_data / "speech/ravdess/audio").glob("*.flac"))
    for export_folder in ("e4_msr2023_sample", "e4_flirt_sample"):
        (source,) = open_recordings(audio, bio=shared_data / "bio" / export_folder)
        events = list(source.events())
        assert set(source.rates) == {"audio", "eda", "temp", "ibi"}
        assert len(samples(events, "eda")) == int(np.ceil(source.duration * 4))
        assert gaps(events) == []
