"""Small bundles of untrained models, made once for all tests of this folder."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from models.bundle import Bundle, write_bundle
from models.features.bio import BioParameters
from models.features.mfcc import MfccParameters
from models.features.text import TextParameters
from models.model import Model

TRAINING = {"date": "2026-01-01", "bio": {"corpora": [], "protocol": "untrained"}}


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of tiny TFLite graphs, converted in a process of its own, since TFLite and TensorFlow cannot share one."""
    if find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed: no small graphs can be made (pip install maeum[training])")
    folder = tmp_path_factory.mktemp("graphs")
    quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1"}
    script = Path(__file__).with_name("tiny_graphs.py")
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True, env=os.environ | quiet)
    return folder


@pytest.fixture(scope="session")
def models(graphs: Path) -> dict[str, Model]:
    """One untrained model of each modality, by modality."""
    words = TextParameters(vocabulary=("행복", "너무", "무서웠", "오늘"))
    return {
        "voice": Model((graphs / "voice.tflite").read_bytes(), MfccParameters(), window_s=4.64, hop_s=0.5),
        "text": Model((graphs / "text.tflite").read_bytes(), words, temperature=1.5, weight=0.8),
        "bio": Model((graphs / "bio.tflite").read_bytes(), BioParameters(), window_s=30.0, hop_s=1.0),
    }


@pytest.fixture
def bundle(models: dict[str, Model], tmp_path: Path) -> Bundle:
    """A bundle that a test may spoil."""
    return write_bundle(tmp_path / "tiny", "tiny", models.values(), TRAINING, "# Tiny\n")
