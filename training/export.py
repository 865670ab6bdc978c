"""Keras models to TFLite graphs of built-in operators. Imports TensorFlow when called."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.whole import remove

REPRESENTATIVE = 100
"""Rows that show an integer graph the range of its values"""


def tflite_graph(model: Any, half: bool = False) -> bytes:  # noqa: ANN401 - Keras has no annotations
    """Convert a Keras model whose batch is fixed to 1; `half` stores its weights as float16."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    with muted():
        return bytes(converter.convert())


def quiet_keras(seed: int, threads: int = 2) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Import Keras without TensorFlow's messages, few threads, everything random seeded; return the module.

    Operators whose result would depend on the order of threads are made deterministic. A GPU that TensorFlow sees is
    used, and its memory taken as it is needed, so that several processes share it; its results differ from a
    processor's in the last digits, and are the same every time.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with muted():
        import keras
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if not tf.executing_eagerly():
        return keras
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, enable=True)
    except RuntimeError:
        # Operators have run already in this process; its threads and devices stay as they are.
        pass
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    return keras


def keep(path: Path, rows: NDArray[Any], model: Any, half: bool = True) -> bytes:  # noqa: ANN401
    """Convert, and `save` beside the graph's `path` what `training.quantisation` makes its variants from."""
    save(path, rows, model)
    return tflite_graph(model, half)


def save(path: Path, rows: NDArray[Any], model: Any) -> None:  # noqa: ANN401 - Keras has no annotations
    """Save a Keras model whose batch is fixed to 1, and what integer graphs are calibrated with.

    `path`.saved/ is a TensorFlow SavedModel, which is read without the code that defines the layers; `path`.rows.npy
    holds inputs of the training part, [n, ...].
    """
    import tensorflow as tf

    saved = path.with_suffix(".saved")
    remove(saved)  # of a run that was interrupted
    signature = [tf.TensorSpec(given.shape, given.dtype, given.name) for given in model.inputs]
    with muted():
        model.export(saved, format="tf_saved_model", verbose=False, input_signature=signature)
    np.save(path.with_suffix(".rows.npy"), rows)


def place(out: Path, model: str, fold: str = "") -> Path:
    """Where the files of a model go, or of a fold's, each with a suffix of its own; `.tflite` is written last."""
    return out / f"{model}-folds" / fold if fold else out / model


@contextmanager
def muted() -> Iterator[None]:
    """Keep what TensorFlow's C++ and Python write about their progress off the screen; errors are raised."""
    saved = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            for descriptor, original in zip((1, 2), saved, strict=True):
                os.dup2(original, descriptor)
                os.close(original)
