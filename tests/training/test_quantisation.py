"""One network in four number formats, made by TensorFlow in another process and run by the interpreter here."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.tflite import Network
from training.errors import NotPrepared
from training.quantisation import TOLERANCE, VARIANTS, Variant, chosen, compare, convert, install
from training.tasks import Workers

ROOT = Path(__file__).parents[2]
FIT = """
import sys
from pathlib import Path
import numpy as np
from training.export import keep, quiet_keras
keras = quiet_keras(1)
given = keras.Input(batch_shape=(1, 40), name="bio")
hidden = keras.layers.Dense(256, "relu")(given / (1 + keras.ops.sum(given * given, axis=1, keepdims=True)))
model = keras.Model(given, keras.layers.Dense(7, "softmax")(hidden))
folder = Path(sys.argv[1])
rows = np.load(folder / "all.npy")[:50]
(folder / "bio-folds").mkdir()
for path in (folder / "bio", folder / "bio-folds" / "S01"):
    path.with_suffix(".tflite").write_bytes(keep(path, rows, model, half=False))
np.save(folder / "expected.npy", np.concatenate([model(row[None]) for row in np.load(folder / "all.npy")]))
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `fit` leaves it, with variants."""
    folder = tmp_path_factory.mktemp("fitted")
    np.save(folder / "all.npy", np.random.default_rng(1).standard_normal((200, 40)).astype(np.float32))
    subprocess.run([sys.executable, "-c", FIT, str(folder)], cwd=ROOT, check=True, timeout=200)
    convert("bio", folder, Workers(1), lambda *_: None)
    return folder


def outputs(path: Path, rows: np.ndarray) -> np.ndarray:
    network = Network(path.read_bytes())
    return np.concatenate([network(row) for row in rows])


def test_every_format_runs_with_floats_in_and_out(fitted: Path) -> None:
    """Each is close to Keras, the fold's graph too; fewer bits make it smaller."""
    rows, expected = np.load(fitted / "all.npy"), np.load(fitted / "expected.npy")
    sizes = []
    for name, close in zip(VARIANTS, (1e-5, 1e-3, 0.02, 0.05), strict=True):
        for path in ("bio.tflite", "bio-folds/S01.tflite"):
            graph = fitted / "variants" / f"bio-{name}" / path
            np.testing.assert_allclose(outputs(graph, rows), expected, atol=close)
        sizes.append(graph.stat().st_size)
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[0] > 2 * sizes[3]


def test_each_is_measured_and_the_chosen_one_takes_its_place(fitted: Path) -> None:
    """Scores come from the folder that `evaluate` is given; what was chosen is then what `export` finds."""
    rows, expected = np.load(fitted / "all.npy"), np.load(fitted / "expected.npy").argmax(axis=1)

    def evaluate(folder: Path) -> dict[str, float]:
        right = float(np.mean(outputs(folder / "bio.tflite", rows).argmax(axis=1) == expected))
        return {"accuracy": right, "uar": right}

    variants = compare("bio", fitted, evaluate, lambda *_: None)
    assert [variant.name for variant in variants] == list(VARIANTS)
    assert variants[0].accuracy == 1.0
    assert all(variant.latency_ms and variant.latency_ms < 5 for variant in variants)
    best = chosen(variants)
    install("bio", fitted, best.name, variants)
    assert (fitted / "bio.tflite").stat().st_size == best.size
    assert best.accuracy >= 1.0 - TOLERANCE
    assert "UAR 1.0000" in str(variants[0])


def test_the_smallest_that_scores_as_well_is_chosen() -> None:
    """Half a point may be lost, not more; what does not run is no choice however small."""
    table = [
        Variant("float32", 400, 1.0, 0.700, 0.600),
        Variant("float16", 200, 1.0, 0.701, 0.600),
        Variant("dynamic", 110, 1.0, 0.696, 0.596),
        Variant("int8", 100, 1.0, 0.700, 0.590),
    ]
    assert chosen(table).name == "dynamic"
    assert chosen([*table[:2], Variant("dynamic", 110, reason="no such operator")]).name == "float16"


def test_without_a_fitted_model_there_is_nothing_to_convert(tmp_path: Path) -> None:
    with pytest.raises(NotPrepared, match=r"voice\.saved is missing; run maeum-train fit first"):
        convert("voice", tmp_path, Workers(1), lambda *_: None)
