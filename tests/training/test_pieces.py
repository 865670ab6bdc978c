"""Features computed in pieces: the same on a cluster and after an interruption, each piece once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training.corpus import write_corpus
from tests.training.test_bio import write_e4
from training import ngrams, stages
from training.cache import Origin
from training.errors import InvalidCorpus
from training.ngrams import ids_of
from training.pieces import Arrays, batched, computed
from training.tasks import Workers

ORIGIN = Origin("corpus", "parameters", "code", 1)


def silent(done: int, total: int) -> None:
    """Take progress that nobody looks at."""
    assert done <= total


def squares(numbers: Sequence[int]) -> Arrays:
    if 13 in numbers:
        raise InvalidCorpus("13 cannot be read")
    return {"square": np.array(numbers) ** 2}


def written(data: Path) -> Path:
    """A corpus of sentences, and of two people with wristbands."""
    write_corpus(data)
    folder = data / "bio" / "stress_predict_e4"
    for person in ("P1", "P2"):
        write_e4(folder / person, 1000.0, 90)
    rows = [f"{person},1000.0,1040.0,0\n{person},1045.0,1090.0,1\n" for person in ("P1", "P2")]
    (folder / "labels.csv").write_text("subject,start_unix,end_unix,stress\n" + "".join(rows))
    return data


def prepared(data: Path, out: Path, workers: Workers) -> dict[str, np.ndarray]:
    for modality in ("text", "bio"):
        stages.prepare(modality, data, out, 1, workers, silent, lambda _line: None)
    found = {}
    for name in ("text", "bio"):
        with np.load(out / f"{name}.npz", allow_pickle=False) as arrays:
            found |= {f"{name} {key}": value for key, value in arrays.items()}
    return found


def test_rows_come_back_in_order_and_pieces_go(tmp_path: Path) -> None:
    """Whatever the batches; while the caller has not written the whole, the pieces stay."""
    batches = batched(range(10), 3)
    assert [len(batch) for batch in batches] == [3, 3, 3, 1]
    with computed(tmp_path, "some", ORIGIN, batches, squares, Workers(1), silent) as found:
        assert found["square"].tolist() == [n**2 for n in range(10)]
        assert len(list((tmp_path / "some-pieces").glob("*/*.npz"))) == 4
    assert not list(tmp_path.iterdir())


def test_what_was_computed_before_an_error_is_used_again(tmp_path: Path) -> None:
    """Of the same origin; pieces of another one are left alone, and go with the rest."""
    batches = [[1, 2], [13]]
    with (
        pytest.raises(InvalidCorpus, match="13 cannot be read"),
        computed(tmp_path, "some", ORIGIN, batches, squares, Workers(1), silent),
    ):
        pass
    (piece,) = (tmp_path / "some-pieces").glob("*/*.npz")
    before = piece.stat().st_mtime_ns
    with (
        pytest.raises(InvalidCorpus, match="13 cannot be read"),
        computed(
            tmp_path, "some", Origin("another", "parameters", "code", 1), [[3], [13]], squares, Workers(1), silent
        ),
    ):
        pass
    with computed(tmp_path, "some", ORIGIN, [[1, 2], [4]], squares, Workers(1), silent) as found:
        assert found["square"].tolist() == [1, 4, 16]
        assert piece.stat().st_mtime_ns == before
    assert not list(tmp_path.iterdir())


def test_texts_without_korean_have_no_ids() -> None:
    """None at all, too."""
    found = ids_of(["오늘 날씨", "only Latin", "좋다"])
    assert found["korean"].tolist() == [True, False, True]
    assert found["ids"].shape[0] == 2
    assert ids_of([])["ids"].shape[0] == 0


def test_a_cluster_prepares_texts_and_bodies_as_this_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers share the batches; every array is the same, and nothing is left beside them."""
    from distributed import LocalCluster

    data = written(tmp_path / "data")
    here = prepared(data, tmp_path / "here", Workers(1))
    monkeypatch.setattr(ngrams, "SENTENCES", 10)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        there = prepared(data, tmp_path / "there", Workers(1, cluster.scheduler_address))
    assert here.keys() == there.keys()
    for name, values in here.items():
        np.testing.assert_array_equal(values, there[name], err_msg=name)
    assert set(here["bio person"].tolist()) == {"P1", "P2"}
    assert not list((tmp_path / "there").glob("*pieces"))
