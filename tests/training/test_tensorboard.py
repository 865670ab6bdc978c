"""Event files that TensorFlow's own reader understands."""

import json
import subprocess
import sys
from pathlib import Path

from training.report.tensorboard import write_curves

READER = """
import json, sys
import tensorflow as tf
events = tf.compat.v1.train.summary_iterator(sys.argv[1])
print(json.dumps([[event.step, value.tag, value.simple_value] for event in events for value in event.summary.value]))
"""


def read(path: Path) -> list[tuple[int, str, float]]:
    """Read with TensorFlow, which checks every checksum, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", READER, str(path)], capture_output=True, text=True, check=True)
    return [(step, tag, round(value, 5)) for step, tag, value in json.loads(done.stdout)]


def test_tensorflow_reads_back_every_point(tmp_path: Path) -> None:
    """Of a curve longer than one byte counts, by name and step; a second writing replaces the first."""
    curve = [round(1 / step, 5) for step in range(1, 301)]
    history = {"voice": [{"fold": 2, "loss": curve, "accuracy": [0.5], "val_loss": [1.5, 1.25]}]}
    write_curves(tmp_path, history)
    training, validation = write_curves(tmp_path, history)
    assert training.parent == tmp_path / "voice" / "fold-2" / "training"
    assert read(training) == [*((i, "loss", value) for i, value in enumerate(curve, 1)), (1, "accuracy", 0.5)]
    assert validation.parent.name == "validation"
    assert len(list(tmp_path.rglob("*tfevents*"))) == 2


def test_a_fold_without_curves_has_no_file(tmp_path: Path) -> None:
    """As logistic regression has none."""
    assert write_curves(tmp_path, {"bio": [{"fold": 1}]}) == []
