"""Where no interpreter can run, the reason is one clear line."""

import sys
from types import ModuleType

import pytest

from models.tflite import Network, TfliteUnavailable


def test_tensorflow_in_the_process_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two crash together; better an error than a dead process."""
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    with pytest.raises(TfliteUnavailable, match="use a process of its own"):
        Network(b"")


def test_a_missing_interpreter_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither package is there."""
    for package in ("tflite_runtime", "ai_edge_litert"):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.delitem(sys.modules, f"{package}.interpreter", raising=False)
    with pytest.raises(TfliteUnavailable, match="pip install tflite-runtime or ai-edge-litert"):
        Network(b"")
