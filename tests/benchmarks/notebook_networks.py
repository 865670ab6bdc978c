"""The original notebooks' three networks, untrained, timed in Keras. A script of its own: it loads TensorFlow.

Writes each network as `NAME.tflite` and an input as `NAME.npy` into a folder, and prints milliseconds of each way to
run it and its output: `{NAME: {"predict": ..., "call": ..., "output": [...]}}`.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from timeit import repeat

import numpy as np
import tensorflow as tf

from training import notebook

RUNS = 60


def median_ms(run: Callable[[], object]) -> float:
    """Time of one run, the first few left out."""
    return 1000 * float(np.median(repeat(run, number=1, repeat=RUNS)[5:]))


def main(folder: Path) -> None:
    """Convert, time and print."""
    random = np.random.default_rng(7)
    networks = {
        "voice": (notebook.voice(), random.standard_normal((1, 100, 465, 1)).astype(np.float32)),
        "text": (notebook.text(), random.integers(1, notebook.WORDS, (1, 94), np.int32)),
        "bio": (notebook.bio(), random.standard_normal((1, 3)).astype(np.float32)),
    }
    results = {}
    for name, (architecture, x) in networks.items():
        model = architecture.network(batch=1)
        (folder / f"{name}.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
        np.save(folder / f"{name}.npy", x)
        compiled, tensor = tf.function(partial(model, training=False)), tf.constant(x)
        results[name] = {
            "predict": median_ms(partial(model.predict, x, verbose=0)),
            "call": median_ms(partial(compiled, tensor)),
            "output": model.predict(x, verbose=0)[0].tolist(),
        }
    sys.stdout.write("\n" + json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
