"""The bio model's training: windows and labels of wristband recordings, arousal as evidence, people left out."""

import csv
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.bio import FEATURES, BioParameters
from models.scores import LABELS
from models.tflite import Network
from training.arousal import HIGH, LOW, MEAN_AROUSAL, OVERALL, aroused, evidence_weights
from training.bio import SELECTED, evaluate, histories, prepare
from training.curves import read_curves, write_curve
from training.errors import CorpusNotFound, NotPrepared
from training.metrics import report
from training.report.bundle import write_bundle_report
from training.stress_predict import UNLABELLED, Windows, people_of, read_windows
from training.tasks import Workers

ROOT = Path(__file__).parents[2]


def evidence_of(p: float) -> np.ndarray:
    kernel, bias = evidence_weights()
    logits = p * kernel[0] + bias
    return np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()


@given(st.floats(0.0, 1.0))
def test_evidence_is_the_distance_from_each_labels_arousal(p: float) -> None:
    """The layer computes exp(-(a - mu)^2 / 2 s^2), scaled to sum 1, and P(aroused) can be read back from it."""
    a = LOW + (HIGH - LOW) * p
    mu = np.array([MEAN_AROUSAL[label] for label in LABELS])
    likelihood = np.exp(-((a - mu) ** 2) / (2 * 0.65**2))
    np.testing.assert_allclose(evidence_of(p), likelihood / likelihood.sum(), rtol=1e-9)
    assert aroused(evidence_of(p).astype(np.float32)) == pytest.approx(p, abs=1e-5)


def test_evidence_is_mild_and_ordered() -> None:
    """A calm body speaks for sad and neutral, an aroused one for happy and angry, none for certain."""
    calm, wild = (dict(zip(LABELS, evidence_of(p), strict=True)) for p in (0.0, 1.0))
    assert sorted(calm, key=calm.__getitem__)[-2:] == ["neutral", "sad"]
    assert sorted(wild, key=wild.__getitem__)[-2:] == ["angry", "happy"]
    assert max(*calm.values(), *wild.values()) < 0.3
    assert pytest.approx(OVERALL) == LOW + (HIGH - LOW) / 2


def write_e4(folder: Path, start: float, seconds: int) -> None:
    folder.mkdir(parents=True)
    eda = 1 + 0.1 * np.sin(np.arange(4 * seconds) / 40)
    for name, values in (("EDA", eda), ("TEMP", np.full(4 * seconds, 31.5))):
        rows = "\n".join(f"{value:.6f}" for value in values)
        (folder / f"{name}.csv").write_text(f"{start:.6f}\n4.000000\n{rows}\n")
    beats = "\n".join(f"{t:.6f},0.750000" for t in np.arange(1.0, seconds, 0.75))
    (folder / "IBI.csv").write_text(f"{start:.6f}, IBI\n{beats}\n")


def test_a_window_has_a_label_only_where_one_segment_holds_it(tmp_path: Path) -> None:
    write_e4(tmp_path / "P1", 1000.0, 120)
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["subject", "start_unix", "end_unix", "stress"])
        rows.writerows([["P1", 1000.0, 1050.0, 0], ["P1", 1060.0, 1110.0, 1]])
    assert people_of(tmp_path) == ["P1"]
    windows = read_windows(tmp_path, "P1", BioParameters())
    assert {int(end): int(stress) for end, stress in zip(windows.end, windows.stress, strict=True) if stress >= 0} == {
        **dict.fromkeys(range(30, 51), 0),
        **dict.fromkeys(range(90, 111), 1),
    }
    assert windows.warm.tolist() == [False] * 9 + [True] * 111
    assert windows.measures[-1, FEATURES.index("heart_rate")] == pytest.approx(80.0)
    assert np.isnan(windows.measures[:, FEATURES.index("mean_ECG")]).all()


def invented(people: int = 3, seconds: int = 400) -> Windows:
    """People whose heart and skin rise in the second and fourth quarter, each on a level of their own."""
    noise = np.random.default_rng(3)
    stress = np.tile((np.arange(seconds) // (seconds // 4)) % 2, people)
    level = np.repeat(np.arange(people), seconds)
    measures = np.full((people * seconds, len(FEATURES)), np.nan)
    for name in SELECTED:
        measures[:, FEATURES.index(name)] = noise.normal(1.0, 0.1, len(stress))
    measures[:, FEATURES.index("heart_rate")] = 60 + 8 * level + 12 * stress + noise.normal(0, 2, len(stress))
    measures[:, FEATURES.index("eda_tonic")] = (1 + level) * (1 + stress) * noise.uniform(0.9, 1.1, len(stress))
    return Windows(
        np.array([f"P{person}" for person in level]),
        np.tile(np.arange(1, seconds + 1), people).astype(np.float32),
        stress.astype(np.int8),
        np.ones(len(stress), np.bool_),
        measures,
    )


def test_windows_survive_saving(tmp_path: Path) -> None:
    windows = invented()
    windows.save(tmp_path / "bio.npz")
    again = Windows.load(tmp_path / "bio.npz")
    assert (again.person == windows.person).all()
    np.testing.assert_array_equal(again.measures, windows.measures)


def test_each_person_and_each_session_starts_unknown() -> None:
    windows = invented(people=2, seconds=40)
    baselines = histories(windows, windows.measures, session_s=25.0)
    seen = baselines.count[:, FEATURES.index("heart_rate")]
    assert seen.tolist() == [*range(1, 25), *range(1, 17)] * 2


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusNotFound, match="no Stress-Predict here"):
        prepare(tmp_path, tmp_path, Workers(1))
    with pytest.raises(NotPrepared, match="run maeum-train prepare first"):
        evaluate(tmp_path, tmp_path)
    invented(seconds=8).save(tmp_path / "bio.npz")
    with pytest.raises(NotPrepared, match=r"P0.tflite: no such file; run maeum-train fit first"):
        evaluate(tmp_path, tmp_path)


def test_fits_exports_and_scores_people_it_has_not_seen(tmp_path: Path) -> None:
    """The whole path on invented people: the graphs that leave the process give evidence that generalises."""
    invented().save(tmp_path / "bio.npz")
    command = f"from pathlib import Path; from training.bio import fit; p = Path({str(tmp_path)!r}); fit(p, p, seed=1)"
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=True, capture_output=True, timeout=300)
    parameters = BioParameters.from_json(json.loads((tmp_path / "bio.json").read_text()))
    assert parameters.features == SELECTED
    nothing = Network((tmp_path / "bio.tflite").read_bytes())(np.zeros(2 * len(SELECTED), np.float32))[0]
    assert nothing.shape == (len(LABELS),)
    assert nothing.sum() == pytest.approx(1.0, abs=1e-5)
    found = evaluate(tmp_path, tmp_path)
    assert found["people"] == 3
    assert found["uar"] > 0.85
    assert sum(map(sum, found["confusion"])) == found["n"] == 1200
    assert found["uar_folds"]["min"] <= found["uar_folds"]["mean"] <= found["uar_folds"]["max"]
    assert found["control"]["time since the start alone"] < found["uar"]
    everybody, *folds = read_curves(tmp_path, "bio")
    assert everybody["val_loss"] == []
    for fold in folds:
        assert len(fold["loss"]) == len(fold["val_loss"])
        assert np.log(2) > fold["loss"][0] > fold["loss"][-1]
    with np.load(tmp_path / "bio-heldout.npz") as heldout:
        assert heldout["evidence"].shape == (1200, len(LABELS))
        assert (heldout["stress"] != UNLABELLED).all()


def test_what_a_bio_model_is_worth_is_drawn(tmp_path: Path) -> None:
    """Its part of the report has the scores of people left out, what time alone is worth, and every drawing."""
    fitted, stress = tmp_path / "fitted", np.tile([0, 0, 1], 40)
    fitted.mkdir()
    p = np.where(stress == 1, 0.7, 0.2) + np.random.default_rng(1).normal(0, 0.3, len(stress))
    evidence = np.array([evidence_of(float(np.clip(each, 0, 1))) for each in p], np.float32)
    person = np.repeat(["P1", "P2"], 60)
    np.savez(fitted / "bio-heldout.npz", person=person, end=np.arange(120.0), stress=stress, evidence=evidence)
    scores = report(stress, np.column_stack([1 - p, p]))
    spread = {"uar_folds": {"mean": 0.8, "sd": 0.1, "min": 0.7, "max": 0.9}, "control": {"time alone": 0.61}}
    metrics = {**asdict(scores), **spread, "sessions": {"600 s": 0.75}}
    (fitted / "bio-metrics.json").write_text(json.dumps(metrics))
    (fitted / "bio-fit.json").write_text('{"seed": 1, "recipe": {}}')
    write_curve(fitted / "bio", {"loss": [0.6, 0.5], "val_loss": []})
    write_bundle_report(tmp_path, lambda *_: None)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<strong>{scores.uar:.3f}</strong>" in html
    assert "time alone: 0.610" in html
    assert "<th>sessions of 600 s</th><td></td><td>0.750</td>" in html
    names = ("confusion", "classes", "reliability", "learning")
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == {f"bio-{name}" for name in names}
