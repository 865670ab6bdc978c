"""Bundles: written and read back, and refused with one clear line when anything about them is wrong."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.bundle import (
    Bundle,
    BundleError,
    BundleNotFound,
    InvalidBundle,
    list_bundles,
    load_bundle,
    open_manifest,
    write_bundle,
)
from models.model import Model, ModelMismatch, sha256
from models.scores import LABELS, MODALITIES
from models.tflite import InvalidGraph, Network

Json = dict[str, Any]


def edit(bundle: Bundle, change: Callable[[Json], object]) -> Path:
    """Change the manifest's JSON in place."""
    file = bundle.path / "manifest.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    return bundle.path


def test_a_written_bundle_loads(bundle: Bundle) -> None:
    """Everything that training hands over comes back, and the identity is stable."""
    again = load_bundle(bundle.path)
    assert (again.name, again.labels, again.identity) == ("tiny", LABELS, bundle.identity)
    assert set(again.models) == set(MODALITIES)
    assert (again.models["text"].temperature, again.models["text"].weight) == (1.5, 0.8)
    assert (again.models["voice"].window_s, again.models["voice"].hop_s) == (4.64, 0.5)
    assert again.models["text"].feature_parameters.vocabulary[0] == "행복"
    assert again.card.read_text() == "# Tiny\n"


def test_predict_gives_probabilities(bundle: Bundle) -> None:
    """Features go in without batch axis, seven numbers that sum to 1 come out."""
    for scored, shape in ((bundle.models["voice"], (100, 465)), (bundle.models["bio"], (26,))):
        p = scored.predict(np.ones(shape, np.float32))
        assert p.shape == (7,)
        assert p.dtype == np.float32
        assert p.sum() == pytest.approx(1)


def test_temperature_softens(models: dict[str, Model]) -> None:
    """p^(1 / T), renormalised."""
    x = np.linspace(-2, 2, 26, dtype=np.float32)
    p, soft = models["bio"].predict(x), replace(models["bio"], temperature=2.0).predict(x)
    np.testing.assert_allclose(soft, np.sqrt(p) / np.sqrt(p).sum(), rtol=1e-5)


def test_unused_modalities_are_not_checked(bundle: Bundle) -> None:
    """A session without sensors needs no bio model, not even a sound one."""
    (bundle.path / "bio.tflite").write_bytes(b"spoilt")
    assert set(load_bundle(bundle.path, ("voice", "text")).models) == {"voice", "text"}


def test_a_bundle_may_lack_a_modality(models: dict[str, Model], tmp_path: Path) -> None:
    """One model is enough."""
    assert set(write_bundle(tmp_path, "words", [models["text"]], {}, "").models) == {"text"}


def test_writing_twice_gives_the_same_bytes(models: dict[str, Model], tmp_path: Path) -> None:
    """The same models give the same manifest."""
    first, second = (write_bundle(tmp_path / name, "same", models.values(), {}, "") for name in "ab")
    assert first.identity == second.identity


def test_bundles_are_listed(bundle: Bundle) -> None:
    """Folders with a manifest, in order; folders that are not there hold none."""
    (bundle.path.parent / "notes").mkdir()
    assert list_bundles([bundle.path.parent, bundle.path.parent / "nowhere"]) == [bundle.path]


def model(data: Json) -> Json:
    voice: Json = data["models"]["voice"]
    return voice


SPOILT: dict[str, tuple[Callable[[Json], object], str]] = {
    "unknown key": (lambda d: d.update(colour="red"), "manifest has the unknown key 'colour'"),
    "missing key": (lambda d: model(d).pop("weight"), "manifest.models.voice lacks the key 'weight'"),
    "wrong type": (lambda d: model(d).update(hop_s="0.5"), "voice.hop_s is '0.5', expected a finite number or null"),
    "format": (lambda d: d.update(format=9), "format is 9, this version of maeum reads format 1"),
    "labels": (lambda d: d.update(labels=["calm", "angry"]), "labels are calm angry, expected angry disgust fear"),
    "modality": (lambda d: d["models"].update(smell=model(d)), "manifest.models is 'smell', expected 'voice' or"),
    "no models": (lambda d: d["models"].clear(), "models is empty"),
    "outside": (lambda d: model(d).update(file="../voice.tflite"), "expected the name of a file beside the manifest"),
    "temperature": (
        lambda d: model(d).update(temperature=0),
        "models.voice.temperature is 0.0, expected a number above",
    ),
    "hash": (lambda d: model(d).update(sha256="00"), r"models.voice: sha256 of voice.tflite is \w{12}..., expected 00"),
    "shape": (lambda d: model(d)["inputs"][0].update(shape=[1, 9]), r"voice: inputs are .* \[1, 9\], but voice.tflite"),
    "feature": (lambda d: model(d)["feature"].update(name="bio"), "voice: feature.name is 'bio', expected mfcc"),
    "version": (lambda d: model(d)["feature"].update(version=7), "feature.version of mfcc is 7, this version .* 1"),
    "parameter": (lambda d: model(d)["feature"]["parameters"].pop("n_fft"), "parameters lacks the key 'n_fft'"),
    "window": (lambda d: d["models"]["bio"].update(hop_s=2), "hop_s is 2.0, but feature.parameters.hop_s is 1.0"),
    "golden input": (lambda d: model(d)["golden"]["input"].update(kind="noise"), "golden.input is .*noise.* not know"),
    "golden shape": (lambda d: model(d)["golden"].update(shape=[9]), r"golden.shape is \[9\], the features here have"),
    "golden value": (
        lambda d: model(d)["golden"]["values"].__setitem__(5, 9.0),
        r"models.voice: golden.values\[5\] is 9, here it comes out as",
    ),
    "golden probability": (
        lambda d: model(d)["golden"]["probabilities"].__setitem__(2, 0.9),
        r"models.voice: golden.probabilities\[2\] is 0.9, here it comes out as",
    ),
    "changed feature": (
        lambda d: model(d)["feature"]["parameters"].update(top_db=60.0),
        r"models.voice: golden.values\[\d+\] is",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_manifest_is_refused(bundle: Bundle, case: str) -> None:
    """One line names the file, the key, what was found and what was expected, and says what to do."""
    change, message = SPOILT[case]
    path = edit(bundle, change)
    with pytest.raises(InvalidBundle, match=message) as caught:
        load_bundle(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}/manifest.json: ")
    assert str(caught.value).endswith("make it anew with maeum-train")


@pytest.mark.parametrize("text", ["", "{", '{"format": 1', "[]", "null", "\x00", '{"format": NaN}'])
def test_what_is_no_manifest_is_refused(bundle: Bundle, text: str) -> None:
    """Truncated, empty and foreign JSON is an error of the bundle, not a traceback."""
    (bundle.path / "manifest.json").write_text(text)
    with pytest.raises(InvalidBundle, match=r"manifest\.json: "):
        open_manifest(bundle.path)


def test_any_truncation_is_refused(bundle: Bundle) -> None:
    """A manifest cut off anywhere never loads."""
    file = bundle.path / "manifest.json"
    content = file.read_bytes()
    for length in range(0, len(content) - 2, 97):
        file.write_bytes(content[:length])
        with pytest.raises(BundleError):
            open_manifest(bundle.path)


def test_missing_parts_are_named(bundle: Bundle) -> None:
    """A folder, a manifest or a graph that is not there is a FileNotFoundError that names it."""
    (bundle.path / "voice.tflite").unlink()
    with pytest.raises(BundleNotFound, match=r"tiny: voice\.tflite is missing; restore the bundle"):
        load_bundle(bundle.path)
    (bundle.path / "manifest.json").unlink()
    with pytest.raises(BundleNotFound, match=r"manifest\.json is missing"):
        load_bundle(bundle.path)
    with pytest.raises(FileNotFoundError, match=r"nowhere: no such folder; maeum models lists"):
        load_bundle(bundle.path / "nowhere")


def test_a_spoilt_graph_is_refused(bundle: Bundle) -> None:
    """Bytes that hash well but are no TFLite graph are named."""
    (bundle.path / "bio.tflite").write_bytes(b"no graph")
    path = edit(bundle, lambda d: d["models"]["bio"].update(sha256=sha256(b"no graph")))
    with pytest.raises(InvalidBundle, match=r"models\.bio: no TFLite graph of built-in operators"):
        load_bundle(path)


def test_a_graph_of_other_labels_is_not_written(graphs: Path, models: dict[str, Model], tmp_path: Path) -> None:
    """Training learns at once that its graph does not end in the seven labels; nothing is left behind."""
    other = replace(models["bio"], graph=(graphs / "three_labels.tflite").read_bytes())
    with pytest.raises(ModelMismatch, match=r"output is .* \[1, 3\], expected float32 \[1, 7\]"):
        write_bundle(tmp_path / "other", "other", [other], {}, "")
    assert not (tmp_path / "other").exists()


def test_a_graph_of_other_features_is_not_written(graphs: Path, models: dict[str, Model], tmp_path: Path) -> None:
    """Nor one that does not take the features."""
    other = replace(models["voice"], graph=(graphs / "bio.tflite").read_bytes())
    with pytest.raises(InvalidGraph, match=r"has the shape \[100, 465\], expected \[1, 26\]"):
        write_bundle(tmp_path / "other", "other", [other], {}, "")


def test_graphs_need_a_fixed_batch(graphs: Path) -> None:
    """Open shapes would be resized at run time."""
    with pytest.raises(InvalidGraph, match=re.escape("[-1, 26], expected a fixed shape with a batch of 1")):
        Network((graphs / "open_batch.tflite").read_bytes())


def test_inputs_are_checked(models: dict[str, Model]) -> None:
    """Number, shape and dtype of the inputs."""
    with pytest.raises(InvalidGraph, match="takes 1 inputs, found 2"):
        models["bio"].predict(np.zeros(26, np.float32), np.zeros(26, np.float32))
    with pytest.raises(InvalidGraph, match=r"has the shape \[25\], expected \[1, 26\]"):
        models["bio"].predict(np.zeros(25, np.float32))
    with pytest.raises(InvalidGraph, match="is float32, expected int32"):
        models["text"].predict(np.zeros(94, np.float32))


def test_loading_prints_nothing(bundle: Bundle) -> None:
    """The interpreter's own messages would tear the screen; standard error works as before afterwards."""
    code = "import sys; from models.bundle import *; load_bundle(Path(sys.argv[1])); print('after', file=sys.stderr)"
    code = f"from pathlib import Path; {code}"
    done = subprocess.run([sys.executable, "-c", code, bundle.path], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "after\n")
