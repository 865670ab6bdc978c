"""Write tiny TFLite graphs with untrained weights into a folder. A script of its own: it loads TensorFlow."""

import sys
from pathlib import Path

import keras
import tensorflow as tf

VOICE, TEXT, BIO, SEGMENT = (100, 465, 1), (94,), (26,), (8,)


def graph(shape: tuple[int, ...], labels: int = 7, dtype: str = "float32", batch: int | None = 1) -> bytes:
    """Mean over time where there is one, then a dense softmax over the labels."""
    inputs = keras.Input(shape, batch_size=batch, dtype=dtype, name="features")
    x = keras.layers.Embedding(50, 8)(inputs) if dtype == "int32" else inputs
    x = (
        keras.layers.Flatten()(keras.layers.AveragePooling2D((1, 465))(x))
        if len(shape) == 3
        else keras.layers.Flatten()(x)
    )
    model = keras.Model(inputs, keras.layers.Dense(labels, "softmax", kernel_initializer="glorot_normal")(x))
    return bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


def main(folder: Path) -> None:
    """Write each graph that the tests use."""
    keras.utils.set_random_seed(327)
    (folder / "voice.tflite").write_bytes(graph(VOICE))
    (folder / "text.tflite").write_bytes(graph(TEXT, dtype="int32"))
    (folder / "bio.tflite").write_bytes(graph(BIO))
    (folder / "segment.tflite").write_bytes(graph(SEGMENT))
    (folder / "three_labels.tflite").write_bytes(graph(BIO, labels=3))
    (folder / "open_batch.tflite").write_bytes(graph(BIO, batch=None))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
