"""Keras models to TFLite graphs of built-in operators. Imports TensorFlow when called."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def tflite_graph(model: Any, half: bool = False) -> bytes:  # noqa: ANN401 - Keras has no annotations
    """Convert a Keras model whose batch is fixed to 1; `half` stores its weights as float16."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    with _muted():
        return bytes(converter.convert())


def quiet_keras(seed: int, threads: int = 2) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Import Keras without TensorFlow's messages, few threads, everything random seeded; return the module.

    Operators whose result would depend on the order of threads are made deterministic.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _muted():
        import keras
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if not tf.executing_eagerly():
        return keras
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # Operators have run already in this process; their number of threads stays.
        pass
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    return keras


@contextmanager
def _muted() -> Iterator[None]:
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
