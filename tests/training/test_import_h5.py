"""maeum-train import-h5: the original notebooks' Keras 2 files become a bundle that predicts and replays."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from models.bundle import Bundle, load_bundle
from models.features.text import UNKNOWN, TextParameters, text_features, tokens
from models.scores import LABELS
from tests.training.corpus import SENTENCES
from tests.training.keras2_files import (
    NETWORKS,
    WORDS,
    invented_words,
    text_layers,
    write_csv,
    write_model,
    write_models,
    write_tables,
)
from training.cli import main
from training.keras2 import InvalidH5, read_model

ROOT = Path(__file__).parents[2]
MAEUM = "from realtime.cli import main; raise SystemExit(main())"
DEMO = ROOT / "devices" / "demo" / "KEMDy19"
QUIET = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1", "PYTHONPATH": "."}


@dataclass(frozen=True)
class Imported:
    """Everything that was given and made."""

    folder: Path
    token_rows: list[list[str] | None]
    bundle: Bundle
    said: str
    parameter_counts: dict[str, int]


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | QUIET,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def token_rows() -> list[list[str] | None]:
    """Rows with exactly as many words as the notebooks' table, one of them longer than 94, some without any."""
    spoken = [tokens(sentence, TextParameters()) for sentence in SENTENCES.values()]
    known = {word for row in spoken for word in row}
    new = [word for word in invented_words(WORDS + 100) if word not in known][: WORDS - 1 - len(known)]
    random = np.random.default_rng(99)
    repeated = [random.choice(new[:900], 9).tolist() for _ in range(150)]
    return [*spoken, None, [], *(new[i : i + 12] for i in range(0, len(new), 12)), *repeated, new[:120], None]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """All three models imported, and what Keras says of the same files."""
    if find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed: nothing can be converted (pip install maeum[training])")
    folder, rows, random = tmp_path_factory.mktemp("notebooks"), token_rows(), np.random.default_rng(5)
    files, (merged, raw) = write_models(folder), write_tables(folder, rows)
    np.save(folder / "voice.npy", random.standard_normal((8, 100, 465, 1)).astype(np.float32))
    np.save(folder / "text.npy", np.sort(random.integers(0, WORDS, (8, 94)) * random.integers(0, 2, (8, 94))))
    np.save(folder / "bio.npy", random.uniform(-0.2, 1.2, (8, 3)).astype(np.float32))
    options = [part for name, file in files.items() for part in (f"--{name}", file)]
    options += ["--table", merged, "--bio-table", raw, "--out", folder / "bundle", "--name", "notebooks"]
    said = run("-m", "training.cli", "import-h5", *options)
    counts = json.loads(run(ROOT / "tests" / "training" / "keras_reference.py", folder).splitlines()[-1])
    return Imported(folder, rows, load_bundle(folder / "bundle"), said, counts)


def test_networks_are_those_of_the_notebooks(imported: Imported) -> None:
    """As many parameters as the notebooks' summaries print."""
    assert imported.parameter_counts == {"voice": 1_470_375, "text": 539_707, "bio": 46_407}


@pytest.mark.parametrize("modality", ["voice", "text", "bio"])
def test_predictions_are_keras_own(imported: Imported, modality: str) -> None:
    """The bundle gives what Keras gives when it loads the file itself, on inputs that tell models apart."""
    model = imported.bundle.models[modality]
    expected = np.load(imported.folder / f"{modality}-keras.npy")
    found = [
        model.predict(row) for row in np.load(imported.folder / f"{modality}.npy").astype(model.network.inputs[0].dtype)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert expected.std(axis=0).max() > 0.01


def test_every_row_has_the_notebooks_ids(imported: Imported) -> None:
    """Index shift, quotes, ties, `nan`, the two rarest words, padding and cutting: all as Keras's Tokenizer."""
    parameters = imported.bundle.models["text"].feature_parameters
    expected = np.load(imported.folder / "ids.npy")
    assert expected.shape == (len(imported.token_rows), 94)
    for row, wanted in zip(imported.token_rows, expected, strict=True):
        words = ["nan"] if row is None else [f"'{morpheme}'" for morpheme in row]
        ids = [parameters.ids.get(word, UNKNOWN) for word in words][-94:]
        assert [0] * (94 - len(ids)) + ids == wanted.tolist()
    assert (parameters.id_count, expected.max(), (expected == UNKNOWN).sum()) == (WORDS, WORDS - 1, 2)


def test_sentences_have_the_notebooks_ids(imported: Imported) -> None:
    """From a transcript to ids through the runtime's own feature, with a word that no row knows."""
    parameters = imported.bundle.models["text"].feature_parameters
    for sentence, wanted in zip(SENTENCES.values(), np.load(imported.folder / "ids.npy"), strict=False):
        np.testing.assert_array_equal(text_features(sentence, parameters), wanted)
    assert text_features("오늘 정말 우주선", parameters)[-1] == UNKNOWN


def test_bio_inputs_are_scaled_by_all_rows(imported: Imported) -> None:
    """The ranges are those of the table before scaling, EDA, elapsed time, temperature."""
    bio = imported.bundle.models["bio"].feature_parameters
    rows = np.loadtxt(
        imported.folder / "df_all_bio.csv", delimiter=",", skiprows=1, usecols=(1, 3, 4), encoding="utf-8"
    )
    np.testing.assert_allclose((bio.minimum, bio.maximum), (rows.min(axis=0), rows.max(axis=0)))


def test_the_difference_from_keras_is_said(imported: Imported) -> None:
    """In the output and in the manifest, and it is small."""
    lines = imported.said.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["voice", "text", "bio"]
    for line in lines[:3]:
        assert float(line.split("by ")[1].split()[0]) < 1e-5
    training = imported.bundle.manifest.training
    assert all(training[modality]["difference_from_keras"] < 1e-5 for modality in NETWORKS)


def test_the_card_warns(imported: Imported) -> None:
    """Nobody takes the printed accuracy for a result, nor the clock for a heart; no score is in the manifest."""
    card = imported.bundle.card.read_text(encoding="utf-8")
    assert "80.5 %" in card
    assert "had been" in card
    assert 'WARNING. The "ECG" of this model is a clock' in card
    training = imported.bundle.manifest.training
    assert all(training[modality]["metrics"] == {} for modality in NETWORKS)
    assert {model.weight for model in imported.bundle.models.values()} == {1.0}


def test_a_session_is_replayed_with_it(imported: Imported) -> None:
    """`maeum replay --bundle` scores voice, words and body."""
    options = ["--bundle", imported.folder / "bundle", "--speed", "max", "--transcripts", "given", "--no-dashboard"]
    lines = [json.loads(line) for line in run("-c", MAEUM, "replay", DEMO, *options).splitlines()]
    scored = {
        name for line in lines if line["type"] == "label" for name, one in line["modalities"].items() if one["weight"]
    }
    assert scored == {"voice", "text", "bio"}
    assert lines[-1]["type"] == "summary"


def test_one_model_alone(imported: Imported, tmp_path: Path) -> None:
    """Any subset will do; the body needs no words."""
    bio = ["--bio", imported.folder / "bio.h5", "--bio-table", imported.folder / "df_all_bio.csv"]
    run("-m", "training.cli", "import-h5", *bio, "--out", tmp_path / "body")
    assert set(load_bundle(tmp_path / "body").models) == {"bio"}


# What follows is refused before TensorFlow is loaded, so it runs in this process.


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A small text model with its table, to be spoilt."""
    write_model(tmp_path / "text.h5", text_layers(), [None, None])
    write_tables(tmp_path, token_rows())
    yield tmp_path
    assert not (tmp_path / "bundle").exists()


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Exit code and the one line."""
    places = [option.replace("@", f"{folder}/") for option in options]
    try:
        code = main(["import-h5", *places, "--out", str(folder / "bundle")])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("maeum-train: ")]
    assert len(said) == 1
    return code, said[0].replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), 2, "nothing to import; name --voice, --text or --bio"),
        (("--text", "@text.h5"), 2, "--text needs --table merged_bio_text.csv"),
        (("--bio", "@bio.h5"), 2, "--bio needs --bio-table df_all_bio.csv"),
        (("--voice", "@nowhere.h5"), 3, "nowhere.h5: no such file"),
        (("--voice", "@df_all_bio.csv"), 1, "df_all_bio.csv: no HDF5 file; expected a whole model as Keras 2 saved it"),
        (("--voice", "@text.h5"), 1, "text.h5: layer 1 is Embedding, expected Conv2D; expected the layers Conv2D"),
        (("--text", "@text.h5", "--table", "@nowhere.csv"), 3, "nowhere.csv: no such file"),
        (("--text", "@text.h5", "--table", "@text.h5"), 1, "text.h5: no CSV table in UTF-8"),
        (("--text", "@text.h5", "--table", "@df_all_bio.csv"), 1, "df_all_bio.csv: the Label_* columns are none"),
    ],
)
def test_what_cannot_be_imported_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], code: int, words: str
) -> None:
    """One line says which file and what is wrong with it."""
    found, line = refused(folder, capsys, *options)
    assert (found, words in line) == (code, True), line


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("units", 100, "layer 2 (gru_8): units is 100, expected 200"),
        ("reset_after", False, "layer 2 (gru_8): reset_after is False, expected True"),
        ("recurrent_activation", "hard_sigmoid", "recurrent_activation is 'hard_sigmoid', expected 'sigmoid'"),
    ],
)
def test_another_setting_of_a_layer_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], key: str, value: object, words: str
) -> None:
    """A file of the same layers that would be computed otherwise is refused."""
    layers = text_layers()
    layers[1][1][key] = value
    write_model(folder / "other.h5", layers, [None, None])
    code, line = refused(folder, capsys, "--text", "@other.h5", "--table", "@merged_bio_text.csv")
    assert (code, words in line) == (1, True), line


def test_another_length_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """464 frames, as one of the notebooks says, would give the same weights and other numbers."""
    make, _ = NETWORKS["voice"]
    write_model(folder / "voice.h5", make(), [None, 100, 464, 1])
    _, line = refused(folder, capsys, "--voice", "@voice.h5")
    assert "voice.h5: the input is [100, 464, 1], expected [100, 465, 1]" in line


def test_weights_alone_are_no_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `save_weights` wrote does not say how it is computed."""
    with h5py.File(folder / "text.h5", "a") as file:
        del file.attrs["model_config"]
    _, line = refused(folder, capsys, "--text", "@text.h5", "--table", "@merged_bio_text.csv")
    assert "text.h5: no whole Keras model" in line


def test_a_cut_file_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupted copy."""
    whole = (folder / "text.h5").read_bytes()
    (folder / "text.h5").write_bytes(whole[: len(whole) // 2])
    _, line = refused(folder, capsys, "--text", "@text.h5", "--table", "@merged_bio_text.csv")
    assert "text.h5: no whole Keras model" in line


def test_weights_of_another_shape_are_named(folder: Path) -> None:
    """When the configuration is right and the weights are not."""
    model = read_model(folder / "text.h5")
    names = {"embeddings": (WORDS, 50)}
    layers = [SimpleNamespace(weights=[SimpleNamespace(name=name, shape=shape) for name, shape in names.items()])] * 3
    with pytest.raises(
        InvalidH5, match=r"layer 1 .*: weights are embeddings\[3571, 100\], expected embeddings\[3571, 50\]"
    ):
        model.put_into(SimpleNamespace(layers=layers))


def labelled(labels: list[str]) -> list[list[str]]:
    return [
        ["Seg", "tokenized", *(f"Label_{label}" for label in labels)],
        ["Sess99_script01_F001", "['네']", *"1000000"],
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (labelled(list(reversed(LABELS))), "the Label_* columns are surprise sad"),
        ([["Seg", *(f"Label_{label}" for label in LABELS)]], "no column 'tokenized'"),
        (labelled(list(LABELS))[:1], "no rows"),
        (labelled(list(LABELS)), "1 different words, but the text model was trained with 3571"),
    ],
)
def test_a_table_of_something_else_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], rows: list[list[str]], words: str
) -> None:
    """Classes in another order, no tokens, no rows, and words of another run."""
    write_csv(folder / "other.csv", rows)
    code, line = refused(folder, capsys, "--text", "@text.h5", "--table", "@other.csv")
    assert (code, words in line) == (1, True), line


def test_scaled_means_have_no_ranges(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """merged_bio_text.csv holds the means after scaling: the ranges cannot be read from it."""
    make, shape = NETWORKS["bio"]
    write_model(folder / "bio.h5", make(), shape)
    _, line = refused(folder, capsys, "--bio", "@bio.h5", "--table", "@merged_bio_text.csv")
    assert "merged_bio_text.csv: the means are scaled to 0..1 already" in line
    assert "df_all_bio.csv" in line


def test_tables_of_different_runs_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The scaled means must be those that the raw ones give."""
    make, shape = NETWORKS["bio"]
    write_model(folder / "bio.h5", make(), shape)
    lines = (folder / "df_all_bio.csv").read_text(encoding="utf-8-sig").splitlines()
    (folder / "df_all_bio.csv").write_text("\n".join([*lines, "Sess99_script02_F001,55.5,sad,700.0,30.0"]), "utf-8")
    tables = ["--table", "@merged_bio_text.csv", "--bio-table", "@df_all_bio.csv"]
    _, line = refused(folder, capsys, "--bio", "@bio.h5", *tables)
    assert "merged_bio_text.csv:2: Sess99_script01_F0000 is not as" in line


@pytest.mark.parametrize(
    ("cells", "words"),
    [("1.0,warm,30.0", "could not convert string to float: 'warm'"), ("5.0,1.0,30.0", "mean_Temp has no range")],
)
def test_means_that_are_no_numbers_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], cells: str, words: str
) -> None:
    """A broken cell with its line, a column without a range by its name."""
    make, shape = NETWORKS["bio"]
    write_model(folder / "bio.h5", make(), shape)
    (folder / "raw.csv").write_text(f"mean_EDA,mean_ECG,mean_Temp\n3.0,700.0,30.0\n{cells}\n", "utf-8")
    _, line = refused(folder, capsys, "--bio", "@bio.h5", "--bio-table", "@raw.csv")
    assert words in line
