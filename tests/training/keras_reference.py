"""What Keras itself makes of the notebooks' files, in a process of its own: a script that loads TensorFlow.

Loads each `NAME.h5` of a folder, writes its outputs for `NAME.npy` as `NAME-keras.npy`, tokenizes the column of
`merged_bio_text.csv` as the notebooks did into `ids.npy`, and prints the parameter counts of our own networks.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.src.legacy.preprocessing.text import Tokenizer

from training import notebook


class OldGRU(keras.layers.GRU):
    """Keras 3 refuses a setting that Keras 2 wrote."""

    def __init__(self, *arguments: Any, time_major: bool = False, **settings: Any) -> None:
        assert not time_major
        super().__init__(*arguments, **settings)


def ids(column: list[str]) -> np.ndarray:
    """The notebooks' two fits and their padding."""
    texts = [cell or "nan" for cell in column]
    first = Tokenizer()
    first.fit_on_texts(texts)
    second = Tokenizer(num_words=len(first.word_index), oov_token="OOV")  # noqa: S106 - a word, no password
    second.fit_on_texts(texts)
    return keras.utils.pad_sequences(second.texts_to_sequences(texts), maxlen=94)


def main(folder: Path) -> None:
    for name in ("voice", "text", "bio"):
        model = keras.models.load_model(folder / f"{name}.h5", custom_objects={"GRU": OldGRU}, compile=False)
        np.save(folder / f"{name}-keras.npy", model.predict(np.load(folder / f"{name}.npy"), verbose=0))
    with (folder / "merged_bio_text.csv").open(newline="", encoding="utf-8-sig") as file:
        np.save(folder / "ids.npy", ids([row["tokenized"] for row in csv.DictReader(file)]))
    counts = {make.__name__: make().network().count_params() for make in (notebook.voice, notebook.text, notebook.bio)}
    sys.stdout.write("\n" + json.dumps(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
