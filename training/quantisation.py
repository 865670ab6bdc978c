"""The same network in four sizes: what smaller numbers save and what they cost, on data that was held out.

    float32   as trained
    float16   weights stored in half precision, computed with as float32
    dynamic   weights stored as 8-bit integers, and multiplied as such
    int8      weights and what flows between layers as 8-bit integers, scaled by rows of the training part;
              division alone, which tflite-runtime lacks in integers, stays in floats

All take and give what the runtime expects, floats or ids in and probabilities out, and use built-in operators alone.
Converting imports TensorFlow, so it happens in a process of its own; scoring must not.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.scores import Modality
from models.tflite import InvalidGraph, Network
from training.errors import NotPrepared
from training.tasks import Task, Workers, run
from training.whole import remove

VARIANTS = ("float32", "float16", "dynamic", "int8")
FOLDER = "variants"
TOLERANCE = 0.005
"""Accuracy and UAR that a smaller graph may lose"""
FLOAT_ONLY = ("DIV",)
"""Operators for which tflite-runtime 2.14 has no version in 8-bit integers, though the converter writes one"""
TIMED, WARM_UP = 200, 20
"""Runs"""

Evaluate = Callable[[Path], Mapping[str, Any]]
"""From a folder with graphs to the scores of `training.metrics.report`, under `corpora` where there are several"""


@dataclass(frozen=True, slots=True)
class Variant:
    """One size of a model's graph and how good it is."""

    name: str
    """One of VARIANTS"""
    size: int
    """Bytes"""
    latency_ms: float | None = None
    """Median, one thread; None when it does not run"""
    accuracy: float | None = None
    """Mean over corpora"""
    uar: float | None = None
    """Mean over corpora"""
    reason: str | None = None
    """Why it does not run"""

    def __str__(self) -> str:
        """One line of a table."""
        head = f"{self.name:<8} {self.size / 1000:9.1f} kB"
        if self.latency_ms is None or self.accuracy is None or self.uar is None:
            return f"{head}  does not run: {self.reason}"
        return f"{head} {self.latency_ms:8.3f} ms  accuracy {self.accuracy:.4f}  UAR {self.uar:.4f}"


def convert(modality: Modality, fitted: Path, workers: Workers, progress: Callable[[int, int], object]) -> None:
    """Write every variant of a modality's graphs, those of its folds included, into `fitted`/variants.

    Raises
    ------
    NotPrepared
        When `fit` has not left the models there.
    """
    fitted = fitted.resolve()
    if not list(_saved(modality, fitted)):
        raise NotPrepared(f"{fitted / modality}.saved is missing; run maeum-train fit first")
    folders = [_folder(modality, fitted, name) for name in VARIANTS]
    for folder in folders:
        remove(folder)
    tasks = [Task(f, _write_variant, (modality, fitted, n)) for f, n in zip(folders, VARIANTS, strict=True)]
    run(tasks, workers, progress)


def compare(
    modality: Modality, fitted: Path, evaluate: Evaluate, progress: Callable[[int, int], object]
) -> list[Variant]:
    """Measure what `convert` wrote."""
    variants = []
    for done, name in enumerate(VARIANTS):
        progress(done, len(VARIANTS))
        variants.append(_measured(name, modality, fitted, evaluate))
    progress(len(VARIANTS), len(VARIANTS))
    return variants


def chosen(variants: Sequence[Variant]) -> Variant:
    """The smallest that runs and loses no more than TOLERANCE of accuracy and UAR against the first, float32."""
    reference = variants[0]

    def close(variant: Variant) -> bool:
        pairs = (variant.accuracy, reference.accuracy), (variant.uar, reference.uar)
        return all(now is not None and before is not None and now >= before - TOLERANCE for now, before in pairs)

    return min((variant for variant in variants if close(variant)), key=lambda variant: variant.size)


def install(modality: Modality, fitted: Path, name: str, variants: Sequence[Variant]) -> None:
    """Put a variant's graphs in the place of those that `fit` wrote, and say so in `M-variants.json`."""
    folder = _folder(modality, fitted, name)
    for path in folder.rglob("*.tflite"):
        shutil.copyfile(path, fitted / path.relative_to(folder))
    about = {"chosen": name, "variants": [asdict(variant) for variant in variants]}
    (fitted / f"{modality}-variants.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _measured(name: str, modality: Modality, fitted: Path, evaluate: Evaluate) -> Variant:
    folder = _folder(modality, fitted, name)
    graph = (folder / f"{modality}.tflite").read_bytes()
    try:
        latency = _latency_ms(Network(graph), np.load(fitted / f"{modality}.rows.npy"))
        metrics = evaluate(folder)
    except (InvalidGraph, RuntimeError) as error:  # how the interpreter says that it lacks an operator
        return Variant(name, len(graph), reason=str(error).splitlines()[0])
    scored = list((metrics.get("corpora") or {modality: metrics}).values())
    accuracy, uar = (float(np.mean([scores[key] for scores in scored])) for key in ("accuracy", "uar"))
    return Variant(name, len(graph), latency, accuracy, uar)


def _latency_ms(network: Network, rows: Any) -> float:  # noqa: ANN401 - floats or ids
    times = []
    for i in range(WARM_UP + TIMED):
        row = rows[i % len(rows)]
        start = time.perf_counter()
        network(row)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times[WARM_UP:]))


def _folder(modality: Modality, fitted: Path, name: str) -> Path:
    return fitted / FOLDER / f"{modality}-{name}"


def _saved(modality: Modality, fitted: Path) -> Iterator[Path]:
    """Models that `training.export.keep` saved: the one that ships, then those of the folds."""
    yield from fitted.glob(f"{modality}.saved")
    yield from sorted(fitted.glob(f"{modality}-folds/*.saved"))


def _write_variant(path: Path, modality: Modality, fitted: Path, name: str) -> None:
    """Write a folder like `fitted` with one variant's graphs."""
    for saved in _saved(modality, fitted):
        to = path / saved.relative_to(fitted).with_suffix(".tflite")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(converted(saved, name))
        parameters = saved.with_suffix(".json")
        if parameters.is_file():
            shutil.copyfile(parameters, to.with_suffix(".json"))


def converted(saved: Path, name: str) -> bytes:
    """Convert a saved model into one of VARIANTS."""
    from training.export import muted, quiet_keras

    quiet_keras(seed=0)
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    # One scale for each output of a dense layer needs a newer version of the operator than tflite-runtime 2.14 has.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if name != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if name == "float16":
        converter.target_spec.supported_types = [tf.float16]
    with muted():
        return _in_integers(converter, saved) if name == "int8" else bytes(converter.convert())


def _in_integers(converter: Any, saved: Path) -> bytes:  # noqa: ANN401 - TensorFlow has no annotations
    """Convert to 8-bit integers; operators that the runtime has for floats alone keep them."""
    import tensorflow as tf

    rows = np.load(saved.with_suffix(".rows.npy"))
    rows = rows if rows.dtype == np.int32 else rows.astype(np.float32)

    def examples() -> Iterator[list[Any]]:
        return ([row[None]] for row in rows)

    converter.representative_dataset = examples
    # Meant for finding out what integers cost: it is the converter's one way to leave an operator out.
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(FLOAT_ONLY))
    parts = {"converter": converter, "debug_dataset": examples, "debug_options": options}
    return bytes(tf.lite.experimental.QuantizationDebugger(**parts).get_nondebug_quantized_model())
