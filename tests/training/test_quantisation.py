"""One network in several number formats, made by TensorFlow in another process and run by the interpreter here."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.tflite import Network
from training.errors import NotPrepared
from training.quantisation import Marks, convert, install, measure
from training.report.numbers import sizes
from training.tasks import Workers
from training.variants import TOLERANCE, VARIANTS, Comparison, NoSuchFormat, Variant, compared

ROOT = Path(__file__).parents[2]
FIT = """
import json, sys
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

from training.quantisation import graphs
given = keras.Input(batch_shape=(1, 5, 3))
looping = keras.Model(given, keras.layers.Dense(7, "softmax")(keras.layers.GRU(4)(given)))
for name, network, some in (("dense", model, rows), ("loop", looping, np.zeros((2, 5, 3)))):
    (folder / name).mkdir()
    found, missing = graphs(network, some)
    for variant, content in found.items():
        (folder / name / f"{variant}.tflite").write_bytes(content)
    (folder / name / "missing.json").write_text(json.dumps(missing))
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
    in_bytes = []
    for name, close in zip(VARIANTS, (1e-5, 1e-3, 0.02, 0.05, 0.05), strict=True):
        for path in ("bio.tflite", "bio-folds/S01.tflite"):
            graph = fitted / "variants" / f"bio-{name}" / path
            np.testing.assert_allclose(outputs(graph, rows), expected, atol=close)
        in_bytes.append(graph.stat().st_size)
    assert in_bytes[0] > in_bytes[1] > in_bytes[2]
    assert in_bytes[0] > 2 * in_bytes[3]


def test_formats_made_in_one_go_are_those_made_one_by_one(fitted: Path) -> None:
    """Traced and calibrated once for all, they give what the graphs of the saved model give."""
    rows = np.load(fitted / "all.npy")
    for name in VARIANTS:
        one_by_one = outputs(fitted / "variants" / f"bio-{name}" / "bio.tflite", rows)
        np.testing.assert_allclose(outputs(fitted / "dense" / f"{name}.tflite", rows), one_by_one, atol=1e-6)
    assert json.loads((fitted / "dense" / "missing.json").read_text()) == {}


def test_a_recurrent_network_has_no_format_in_integers(fitted: Path) -> None:
    """The reason stands in their place; all others run."""
    missing = json.loads((fitted / "loop" / "missing.json").read_text())
    assert set(missing) == {"int8", "selective"}
    assert "recurrent" in missing["int8"]
    for name in set(VARIANTS) - set(missing):
        assert outputs(fitted / "loop" / f"{name}.tflite", np.zeros((1, 5, 3), np.float32)).sum() == pytest.approx(1)


def test_each_is_measured_once_and_the_chosen_one_takes_its_place(fitted: Path) -> None:
    """Scores come from the folder that `evaluate` is given; a second run asks it for nothing."""
    rows, expected = np.load(fitted / "all.npy"), np.load(fitted / "expected.npy").argmax(axis=1)
    asked = []

    def evaluate(folder: Path, _progress: object) -> Marks:
        asked.append(folder)
        right = float(np.mean(outputs(folder / "bio.tflite", rows).argmax(axis=1) == expected))
        return Marks(right, right, right)

    variants = measure("bio", fitted, evaluate, lambda *_: None)
    assert measure("bio", fitted, evaluate, lambda *_: None) == variants
    assert len(asked) == len(VARIANTS)
    assert [variant.name for variant in variants] == list(VARIANTS)
    assert variants[0].accuracy == 1.0
    assert all(variant.latency_ms and variant.latency_ms < 5 for variant in variants)
    found = compared("bio", variants, "some", "others")
    install(fitted, found)
    assert (fitted / "bio.tflite").stat().st_size == found.best.size
    assert found.best.judged >= 1.0 - TOLERANCE
    assert Comparison.from_json(json.loads((fitted / "bio-variants.json").read_text())) == found


TABLE = [
    Variant("float32", 400, 1.0, 0.700, 0.650, 0.600),
    Variant("float16", 200, 1.0, 0.701, 0.600, 0.600),
    Variant("dynamic", 110, 1.0, 0.650, 0.600, 0.596),
    Variant("int8", 100, 1.0, 0.700, 0.650, 0.590),
]


def test_the_smallest_that_scores_as_well_is_chosen() -> None:
    """By the rows that judge, whatever the reported ones say; half a point may be lost, not more."""
    assert compared("voice", TABLE, "", "").chosen == "dynamic"
    broken = Variant("dynamic", 110, reason="no such operator")
    assert compared("voice", [*TABLE[:2], broken], "", "").chosen == "float16"


def test_a_hundredth_of_the_size_is_not_worth_slower_integers() -> None:
    """Of formats that are practically as small the one nearer to float32 ships."""
    alike = [TABLE[0], Variant("dynamic", 1008, 1.0, 0.7, 0.65, 0.6), Variant("int8", 1000, 3.0, 0.7, 0.65, 0.6)]
    assert compared("text", [replace(alike[0], size=4000), *alike[1:]], "", "").chosen == "dynamic"


def test_one_can_be_named_and_without_judges_nothing_is_taken_away() -> None:
    """Where no row may choose, float32 ships."""
    assert compared("voice", TABLE, "", "", "int8").chosen == "int8"
    unjudged = [Variant("float32", 400, 1.0, 0.7, 0.6), Variant("int8", 100, 1.0, 0.7, 0.6)]
    assert compared("voice", unjudged, "", "").chosen == "float32"


def test_a_named_format_has_to_run() -> None:
    """The reason and the remedy are in one line."""
    broken = Variant("int8", 0, reason="no such operator")
    with pytest.raises(NoSuchFormat, match="text does not run as int8: no such operator; choose another --variant"):
        compared("text", [*TABLE[:3], broken], "", "", "int8")


def test_the_table_says_what_ships_and_why() -> None:
    """Beside each format's cost; one that cannot run says so."""
    found = compared("text", [*TABLE, Variant("selective", 90, reason="no such operator")], "the one", "the other")
    table = sizes([found])
    assert table.rows[2] == ("text dynamic", "0.1", "1.000", "0.650", "0.600", "0.596", "ships")
    assert table.rows[4][-1] == "does not run: no such operator"
    assert "text ships as dynamic, the smallest within 0.5 points of float32" in table.note
    assert "macro-F1 on the other, the choice was made on the one" in table.note


def test_without_a_fitted_model_there_is_nothing_to_convert(tmp_path: Path) -> None:
    with pytest.raises(NotPrepared, match=r"voice\.saved is missing; run maeum-train fit first"):
        convert("voice", tmp_path, Workers(1), lambda *_: None)
