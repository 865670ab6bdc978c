"""maeum-train from a corpus folder to a bundle, in processes of its own, and what it says when it cannot."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.scores import LABELS
from tests.training.corpus import SENTENCES, SPEAKERS, tone, write_corpus
from training.recipes import FOLDER
from training.variants import VARIANTS

ROOT = Path(__file__).parents[2]


def maeum_train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/, recipes/, work/ and the bundle made of them."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "recipes").mkdir()
    quick = {"voice": ("draws = 50", "draws = 30"), "text-ngrams": ("epochs = 3", "epochs = 20")}
    for name, (found, wanted) in quick.items():
        recipe = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").replace(found, wanted)
        (folder / "recipes" / f"{name}.toml").write_text(recipe, encoding="utf-8")
    done = maeum_train("bundle", write_corpus(folder / "data"), "--out", folder / "bundle", *options(folder))
    assert done.returncode == 0, done.stderr
    (folder / "printed").write_text(done.stdout)
    return folder


def options(folder: Path) -> list[str | Path]:
    return ["--recipes", folder / "recipes", "--work", folder / "work", "--only", "voice", "text", "--jobs", "1"]


def test_a_bundle_is_complete_and_predicts(made: Path) -> None:
    """The runtime loads what training wrote, golden vectors and all, and each model scores its kind of window."""
    bundle = load_bundle(made / "bundle")
    assert set(bundle.models) == {"voice", "text"}
    for modality, window in (("voice", tone(140, 3)), ("text", SENTENCES["happy"])):
        model = bundle.models[modality]
        probabilities = model.predict(model.features(window))
        assert probabilities.shape == (len(LABELS),)
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_scores_come_from_every_clip_once_by_a_model_without_its_speaker(made: Path) -> None:
    """Each labelled clip is scored in exactly one fold, and no speaker stands in two folds."""
    metrics = json.loads((made / "work" / "fitted" / "voice-metrics.json").read_text())
    assert metrics["n"] == len(SPEAKERS) * len(LABELS)
    with np.load(made / "work" / "prepared" / "voice.npz") as data:
        folds = {speaker: set(data["fold"][data["speaker"] == speaker]) for speaker in data["speaker"]}
    assert {len(of) for of in folds.values()} == {1}
    assert folds["ravdess/01"] != folds["ravdess/02"]


def test_words_are_scored_on_every_test_sentence_alone(made: Path) -> None:
    """The text model's scores count the published test part and nothing else."""
    metrics = json.loads((made / "work" / "fitted" / "text-metrics.json").read_text())
    assert metrics["n"] == len(SENTENCES)


def test_the_card_names_terms_and_scores(made: Path) -> None:
    """Whoever opens the card reads the licence that carries over, the protocol, and the confusion matrix."""
    card = (made / "bundle" / "card.md").read_text(encoding="utf-8")
    assert "CC BY-NC-SA 4.0" in card
    assert "speakers that it was not trained on" in card
    assert "Confusion, ravdess" in card


def test_the_same_seed_gives_the_same_graphs(made: Path, tmp_path: Path) -> None:
    """A second fit of the text model is the same, byte for byte."""
    recipe = made / "recipes" / "text-ngrams.toml"
    done = maeum_train("fit", "text", "--prepared", made / "work" / "prepared", "--out", tmp_path, "--recipe", recipe)
    assert done.returncode == 0, done.stderr
    first = made / "work" / "fitted" / "variants" / "text-dynamic" / "text.tflite"
    assert (tmp_path / "text.tflite").read_bytes() == first.read_bytes()


def test_an_interrupted_run_goes_on_and_gives_the_same_graphs(made: Path) -> None:
    """A fold that was lost is trained alone and comes out the same; everything else is used as it is."""
    fitted = made / "work" / "fitted"
    first = {path: path.read_bytes() for path in (made / "bundle").glob("*.tflite")}
    before = (fitted / "voice-folds" / "2.saved").stat().st_mtime_ns
    for lost in ("voice-fit.json", "voice-folds/1.tflite"):
        (fitted / lost).unlink()
    shutil.rmtree(fitted / "variants" / "voice-float16")
    done = maeum_train("bundle", made / "data", "--out", made / "bundle", *options(made))
    assert done.returncode == 0, done.stderr
    assert "text: " + str(fitted) + " is up to date; nothing to fit" in " ".join(done.stderr.split())
    assert (fitted / "voice-folds" / "2.saved").stat().st_mtime_ns == before
    assert {path: path.read_bytes() for path in (made / "bundle").glob("*.tflite")} == first


def test_what_each_format_costs_is_kept_and_shown(made: Path) -> None:
    """In the manifest, in the card and on the screen; the file that ships is the chosen one's."""
    manifest = json.loads((made / "bundle" / "manifest.json").read_text())
    card, printed = (made / "bundle" / "card.md").read_text(), (made / "printed").read_text()
    for modality in ("voice", "text"):
        (found, *_) = manifest["training"][modality]["sizes"]
        sizes = {variant["name"]: variant["size"] for variant in found["variants"]}
        assert set(sizes) == set(VARIANTS)
        assert (made / "bundle" / f"{modality}.tflite").stat().st_size == sizes[found["chosen"]]
        assert f"{modality} ships as {found['chosen']}" in card
        assert f"{modality} float32" in printed


def test_fits_leave_learning_curves(made: Path) -> None:
    """For TensorBoard, training and held-out loss of each fold."""
    logs = made / "work" / "fitted" / "tensorboard"
    assert {path.name for path in (logs / "voice").iterdir()} == {"fold-0", "fold-1", "fold-2"}
    for model in ("voice/fold-1", "text/fold-0"):
        assert {path.name for path in (logs / model).iterdir()} == {"training", "validation"}


def test_the_run_has_a_report(made: Path) -> None:
    """One page with a part for each model, the scores of the held-out rows, and a PNG of every drawing."""
    html = (made / "work" / "report.html").read_text(encoding="utf-8")
    results = json.loads((made / "work" / "results.json").read_text())
    for modality, title in (("voice", "Voice"), ("text", "Text")):
        part = html.partition(f'<section class="part" id="{title}">')[2].partition('<section class="part"')[0]
        (outcome,) = results[modality]["outcomes"]
        assert f"<td>{outcome['scores']['uar']:.3f}" in part
        assert "Learning curves" in part
        assert "Number formats" in part
        drawn = {path.stem for path in (made / "work" / "plots").glob(f"{modality}-*.png")}
        assert {
            f"{modality}-{name}" for name in (f"confusion-{modality}", "classes", "learning", "reliability")
        } < drawn
    metrics = json.loads((made / "work" / "fitted" / "text-metrics.json").read_text())
    (text,) = results["text"]["outcomes"]
    assert text["scores"]["confusion"] == metrics["corpora"]["KOTE"]["confusion"]


def test_what_is_missing_or_unknown_is_named_in_one_line(tmp_path: Path) -> None:
    """A user's mistake gives one line and the exit code for its kind."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text((FOLDER / "text-ngrams.toml").read_text(encoding="utf-8") + "colour = 3\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    prepared = ["--prepared", tmp_path, "--out", tmp_path]
    mistakes = [
        (["prepare", tmp_path / "nowhere", "--out", tmp_path], 3, "nowhere is missing"),
        (["prepare", tmp_path / "empty", "--out", tmp_path], 3, "no labelled speech"),
        (["fit", "text", *prepared, "--recipe", recipe], 2, "unknown key 'colour'"),
        (["fit", "text", *prepared], 3, "run maeum-train prepare first"),
        (["export", "--fitted", tmp_path, "--out", tmp_path / "bundle"], 3, "no evaluated model"),
    ]
    for arguments, code, words in mistakes:
        done = maeum_train(*arguments)
        last = done.stderr.strip().splitlines()[-1]
        assert (done.returncode, words in last) == (code, True), done.stderr
        assert "Traceback" not in done.stderr
