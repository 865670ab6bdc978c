"""From a saved Keras model to graphs in every number format of `training.variants`, and what they are worth.

All take and give what the runtime expects, floats or ids in and probabilities out, and use built-in operators alone.
Converting imports TensorFlow, so it happens in a process of its own; scoring must not.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.tflite import InvalidGraph, Network
from training.errors import NotPrepared
from training.tasks import Task, Workers, run
from training.variants import VARIANTS, Comparison, Variant, latency_ms
from training.whole import whole

FOLDER, MEASURED = "variants", "variant.json"
FLOAT_ONLY = ("DIV",)
"""Operators for which tflite-runtime 2.14 has no version in 8-bit integers, though the converter writes one"""
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
"""Operators that are integers in the variant `selective`"""

Progress = Callable[[int, int], object]


class Marks(NamedTuple):
    """What a folder of graphs is worth."""

    accuracy: float
    score: float
    judged: float
    """The score on the rows that choose"""


Evaluate = Callable[[Path, Progress], Marks]
"""From a folder with graphs"""


def convert(model: str, fitted: Path, workers: Workers, progress: Progress) -> None:
    """Write every variant of a model's graphs, those of its folds included, into `fitted`/variants, unless it is there.

    Raises
    ------
    NotPrepared
        When `fit` has not left the models there.
    """
    fitted = fitted.resolve()
    if not list(_saved(model, fitted)):
        raise NotPrepared(f"{fitted / model}.saved is missing; run maeum-train fit first")
    tasks = [Task(variant_folder(model, fitted, name), _write_variant, (model, fitted, name)) for name in VARIANTS]
    run(tasks, workers, progress)


def measure(model: str, fitted: Path, evaluate: Evaluate, progress: Progress) -> list[Variant]:
    """Measure what `convert` wrote, unless that was done; `progress` is told hundredths of variants."""
    variants = []
    for done, name in enumerate(VARIANTS):
        path = variant_folder(model, fitted, name) / MEASURED
        if not path.is_file():
            variant = _measured(model, fitted, name, evaluate, _part(progress, done))
            with whole(path) as partial:
                partial.write_text(json.dumps(asdict(variant)) + "\n", encoding="utf-8")
        variants.append(Variant(**json.loads(path.read_text(encoding="utf-8"))))
        _part(progress, done)(1, 1)
    return variants


def install(fitted: Path, comparison: Comparison) -> None:
    """Put the chosen graphs and their scores in the place of those there were, and write `M-variants.json`."""
    model = comparison.model
    folder = variant_folder(model, fitted, comparison.chosen)
    shutil.copytree(folder, fitted, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MEASURED))
    with whole(comparison_path(model, fitted)) as partial:
        partial.write_text(json.dumps(comparison.to_json(), indent=1) + "\n", encoding="utf-8")


def variant_folder(model: str, fitted: Path, name: str) -> Path:
    """Where a variant's graphs are, in a folder like `fitted`."""
    return fitted / FOLDER / f"{model}-{name}"


def comparison_path(model: str, fitted: Path) -> Path:
    """Where `install` writes the comparison."""
    return fitted / f"{model}-variants.json"


def _part(progress: Progress, before: int) -> Progress:
    return lambda done, total: progress(100 * before + 100 * done // max(total, 1), 100 * len(VARIANTS))


def _measured(model: str, fitted: Path, name: str, evaluate: Evaluate, progress: Progress) -> Variant:
    folder = variant_folder(model, fitted, name)
    graph = (folder / f"{model}.tflite").read_bytes()
    try:
        latency = latency_ms(Network(graph), np.load(fitted / f"{model}.rows.npy"))
        marks = evaluate(folder, progress)
    except (InvalidGraph, RuntimeError) as error:  # how the interpreter says that it lacks an operator
        return Variant(name, len(graph), reason=str(error).splitlines()[0])
    return Variant(name, len(graph), latency, *marks)


def _saved(model: str, fitted: Path) -> Iterator[Path]:
    """Models that `training.export.save` saved: the one that ships, then those of the folds."""
    yield from fitted.glob(f"{model}.saved")
    yield from sorted(fitted.glob(f"{model}-folds/*.saved"))


def _write_variant(path: Path, model: str, fitted: Path, name: str) -> None:
    """Write a folder like `fitted` with one variant's graphs."""
    for saved in _saved(model, fitted):
        to = path / saved.relative_to(fitted).with_suffix(".tflite")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(converted(saved, name))
        parameters = saved.with_suffix(".json")
        if parameters.is_file():
            shutil.copyfile(parameters, to.with_suffix(".json"))


def graphs(model: Any, rows: NDArray[Any]) -> tuple[dict[str, bytes], dict[str, str]]:  # noqa: ANN401 - Keras's
    """Convert a Keras model whose batch is fixed to 1 into every variant that the converter can make of it.

    It is traced once and calibrated once for all of them, which takes a third of what `converted` takes.

    Parameters
    ----------
    rows
        Inputs of the training part, [n, ...], to calibrate integer graphs with.

    Returns
    -------
    The graphs by variant, and of the other variants why there is none.
    """
    from training.export import muted

    function = _frozen(model)
    with muted():
        found = {name: _converted(_reading(function), name) for name in VARIANTS if name not in INTEGERS}
        if _loops(function):
            return found, dict.fromkeys(INTEGERS, "a recurrent layer runs in a loop, which cannot be calibrated")
        try:
            return found | _in_integers(_reading(function), rows, list(INTEGERS)), {}
        except (RuntimeError, ValueError) as error:
            return found, dict.fromkeys(INTEGERS, str(error).splitlines()[0])


def _frozen(model: Any) -> Any:  # noqa: ANN401 - Keras has no annotations
    """A TensorFlow function of a model, its weights inside."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    signature = [tf.TensorSpec(given.shape, given.dtype, given.name) for given in model.inputs]
    traced = tf.function(model, input_signature=signature).get_concrete_function()
    return convert_variables_to_constants_v2(traced, lower_control_flow=False)


def _reading(function: Any) -> Any:  # noqa: ANN401 - TensorFlow's own
    import tensorflow as tf

    return tf.lite.TFLiteConverter.from_concrete_functions([function])


def _loops(function: Any) -> bool:  # noqa: ANN401 - TensorFlow's own
    """Whether a function computes in a loop: calibrating that ends the process."""
    graph = function.graph.as_graph_def()
    nodes = chain(graph.node, *(each.node_def for each in graph.library.function))
    return any(node.op in ("While", "StatelessWhile") for node in nodes)


def converted(saved: Path, name: str) -> bytes:
    """Convert a saved model into one of VARIANTS."""
    from training.export import muted, quiet_keras

    quiet_keras(seed=0)
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
    with muted():
        if name not in INTEGERS:
            return _converted(converter, name)
        return _in_integers(converter, np.load(saved.with_suffix(".rows.npy")), [name])[name]


def _converted(converter: Any, name: str) -> bytes:  # noqa: ANN401 - TensorFlow's own
    """Convert with numbers of one format, and no integers between layers."""
    import tensorflow as tf

    _built_in(converter)
    if name != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if name == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def _in_integers(converter: Any, rows: NDArray[Any], names: Sequence[str]) -> dict[str, bytes]:  # noqa: ANN401
    """Convert to 8-bit integers all operators but some; by name of the variant."""
    import tensorflow as tf

    rows = rows if rows.dtype == np.int32 else rows.astype(np.float32)

    def examples() -> Iterator[list[Any]]:
        return ([row[None]] for row in rows)

    _built_in(converter)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples
    # Meant for finding out what integers cost: it is the converter's one way to leave an operator out.
    debugging = tf.lite.experimental
    options = [debugging.QuantizationDebugOptions(denylisted_ops=list(INTEGERS[name]())) for name in names]
    debugger = debugging.QuantizationDebugger(converter=converter, debug_dataset=examples, debug_options=options[0])
    found = {}
    for name, each in zip(names, options, strict=True):
        debugger.options = each
        found[name] = bytes(debugger.get_nondebug_quantized_model())
    return found


def _built_in(converter: Any) -> None:  # noqa: ANN401 - TensorFlow's own
    """Demand operators that the runtime has."""
    import tensorflow as tf

    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    # One scale for each output of a dense layer needs a newer version of the operator than tflite-runtime 2.14 has.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True


def _unweighted() -> tuple[str, ...]:
    """Names of all operators that hold no weights of a layer."""
    from tensorflow.lite.python.schema_py_generated import BuiltinOperator

    return tuple(name for name in vars(BuiltinOperator) if name.isupper() and name not in WEIGHTED)


INTEGERS: dict[str, Callable[[], tuple[str, ...]]] = {"int8": lambda: FLOAT_ONLY, "selective": _unweighted}
"""Operators that stay in floats, by variant"""
