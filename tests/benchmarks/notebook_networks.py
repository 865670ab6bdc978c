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

import keras
import numpy as np
import tensorflow as tf
from keras.layers import GRU, BatchNormalization, Conv2D, Dense, Dropout, Embedding, Flatten, Input, MaxPooling2D

RUNS = 60


def voice() -> keras.Model:
    """Three convolutions over 100 MFCC x 465 frames."""
    return keras.Sequential(
        [
            Input((100, 465, 1), batch_size=1),
            Conv2D(32, 2, strides=2, padding="same", activation="relu"),
            MaxPooling2D(2),
            BatchNormalization(),
            Dropout(0.3),
            Conv2D(64, 2, padding="same", activation="relu"),
            MaxPooling2D(2),
            BatchNormalization(),
            Dropout(0.3),
            Conv2D(128, 2, padding="same", activation="relu"),
            MaxPooling2D(2),
            BatchNormalization(),
            Dropout(0.3),
            Flatten(),
            Dense(64, activation="relu"),
            BatchNormalization(),
            Dropout(0.3),
            Dense(32, activation="relu"),
            Dropout(0.3),
            BatchNormalization(),
            Dense(7, activation="softmax"),
        ]
    )


def text() -> keras.Model:
    """A GRU over 94 morphemes."""
    return keras.Sequential(
        [Input((94,), batch_size=1), Embedding(3571, 100), GRU(200), Dense(7, activation="softmax")]
    )


def bio() -> keras.Model:
    """Four dense layers over the means of EDA, ECG and TEMP."""
    hidden = [layer for n in (256, 128, 64, 32) for layer in (Dense(n, activation="relu"), BatchNormalization())]
    return keras.Sequential([Input((3,), batch_size=1), *hidden, Dense(7, activation="softmax")])


def median_ms(run: Callable[[], object]) -> float:
    """Time of one run, the first few left out."""
    return 1000 * float(np.median(repeat(run, number=1, repeat=RUNS)[5:]))


def main(folder: Path) -> None:
    """Convert, time and print."""
    random = np.random.default_rng(7)
    networks = {
        "voice": (voice(), random.standard_normal((1, 100, 465, 1)).astype(np.float32)),
        "text": (text(), random.integers(1, 3571, (1, 94)).astype(np.float32)),
        "bio": (bio(), random.standard_normal((1, 3)).astype(np.float32)),
    }
    results = {}
    for name, (model, x) in networks.items():
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
