"""TFLite graphs behind one small class: fixed shapes, checked inputs, one thread."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class TfliteUnavailable(RuntimeError):
    """No interpreter can run in this process; the message is one line with what to do."""


class InvalidGraph(ValueError):
    """Bytes are no graph that can run here, or a graph is given what it does not take."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output of a graph."""

    name: str
    shape: tuple[int, ...]
    """Batch included, which is 1"""
    dtype: str
    """As NumPy names it"""


class Network:
    """A TFLite graph of fixed shapes, ready to run. Not for several threads at once.

    Parameters
    ----------
    content
        The bytes of a `.tflite` file.
    threads
        Of the interpreter; these graphs are too small to gain from more than one.

    Raises
    ------
    InvalidGraph
        When the bytes are no graph of built-in operators and fixed shapes.
    TfliteUnavailable
        When there is no interpreter.
    """

    def __init__(self, content: bytes, threads: int = 1) -> None:
        interpreter = _interpreter()
        try:
            with _muted():
                self._interpreter = interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise InvalidGraph(f"no TFLite graph of built-in operators: {str(error).splitlines()[0]}") from None
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        self.inputs = tuple(_tensor(details) for details in self._inputs)
        self.outputs = tuple(_tensor(details) for details in self._outputs)

    def __call__(self, *inputs: NDArray[Any]) -> NDArray[Any]:
        """Run the graph on one array for each of its inputs and return its first output, batch included.

        Axes of length 1 may be left out of an input, and integers may stand for floats.

        Raises
        ------
        InvalidGraph
            When number, shape or dtype of the inputs do not fit.
        """
        if len(inputs) != len(self.inputs):
            raise InvalidGraph(f"the graph takes {len(self.inputs)} inputs, found {len(inputs)}")
        for details, tensor, values in zip(self._inputs, self.inputs, inputs, strict=True):
            self._interpreter.set_tensor(details["index"], _fitted(values, tensor))
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_tensor(self._outputs[0]["index"])
        return output


def _fitted(values: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    if [n for n in values.shape if n != 1] != [n for n in tensor.shape if n != 1]:
        raise InvalidGraph(f"input {tensor.name} has the shape {list(values.shape)}, expected {list(tensor.shape)}")
    if not np.can_cast(values.dtype, tensor.dtype, "same_kind"):
        raise InvalidGraph(f"input {tensor.name} is {values.dtype}, expected {tensor.dtype}")
    return values.astype(tensor.dtype).reshape(tensor.shape)


def _tensor(details: dict[str, Any]) -> Tensor:
    shape = tuple(int(n) for n in details["shape_signature"])
    if -1 in shape:
        raise InvalidGraph(f"tensor {details['name']} is {list(shape)}, expected a fixed shape with a batch of 1")
    return Tensor(str(details["name"]), shape, np.dtype(details["dtype"]).name)


def _interpreter() -> Any:  # noqa: ANN401 - a class of whichever of two packages is installed
    """Import the interpreter's class: the same one under its Linux name and its present name."""
    if "tensorflow" in sys.modules:
        raise TfliteUnavailable(
            "TFLite graphs cannot run in a process that has loaded TensorFlow: use a process of its own"
        )
    for package in ("tflite_runtime", "ai_edge_litert"):
        try:
            return import_module(f"{package}.interpreter").Interpreter
        except ModuleNotFoundError:
            continue
    raise TfliteUnavailable("no TFLite interpreter is installed: pip install tflite-runtime or ai-edge-litert")


@contextmanager
def _muted() -> Iterator[None]:
    """Keep the interpreter's greeting off the screen: it goes past Python to descriptor 2, once in a process."""
    try:
        kept = os.dup(2)
    except OSError:  # started without a standard error
        yield
        return
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
