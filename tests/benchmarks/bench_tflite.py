"""TFLite beside Keras: the original notebooks' three networks, one inference at a time; and the default bundle's.

Keras runs in a process of its own, since TensorFlow and the TFLite interpreter cannot share one. All use one thread.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from timeit import repeat
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from models.bundle import BundleError, load_bundle
from models.golden import DEFAULT_INPUTS, golden_window
from models.tflite import Network

RUNS = 200
WAYS = ("predict", "call")
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
QUIET = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(__file__).with_name("notebook_networks.py")
        settings = os.environ | ONE_THREAD | QUIET
        done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, env=settings)
        if done.returncode:
            sys.exit(done.stderr)
        keras = json.loads(done.stdout.splitlines()[-1])
        Console().print(_beside_keras(keras, Path(folder)))
    Console().print(_default_bundle())


def _beside_keras(keras: dict[str, Any], folder: Path) -> Table:
    table = Table("network", "predict", "call", "TFLite", "predict / TFLite", "call / TFLite", "difference")
    table.title = "The notebooks' networks; median ms: keras.predict, compiled Keras call, TFLite"
    for name, times in keras.items():
        network, x = Network((folder / f"{name}.tflite").read_bytes()), np.load(folder / f"{name}.npy")
        ms = _median_ms(partial(network, x))
        difference = float(np.abs(network(x)[0] - times["output"]).max())
        slower = [f"{times[way] / ms:.0f}x" if times[way] > 10 * ms else f"{times[way] / ms:.1f}x" for way in WAYS]
        table.add_row(name, *(f"{times[way]:.2f}" for way in WAYS), f"{ms:.3f}", *slower, f"{difference:.0e}")
    return table


def _default_bundle() -> Table:
    table = Table("model", "features", "graph", title="The default bundle's golden inputs; median ms")
    try:
        bundle = load_bundle()
    except BundleError as error:
        table.add_row(str(error), "", "")
        return table
    for modality, model in bundle.models.items():
        window = golden_window(DEFAULT_INPUTS[model.feature.name], model.feature_parameters)
        features = model.features(window)
        made, scored = _median_ms(partial(model.features, window)), _median_ms(partial(model.predict, features))
        table.add_row(modality, f"{made:.3f}", f"{scored:.3f}")
    return table


def _median_ms(run: Callable[[], object]) -> float:
    return 1000 * float(np.median(repeat(run, number=1, repeat=RUNS)[5:]))


if __name__ == "__main__":
    main()
