"""The feature functions that a bundle can name, each with its version and its parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from models.features.bio import BioParameters, bio_features
from models.features.mfcc import MfccParameters, mfcc_features
from models.features.ngrams import NgramParameters, ngram_features
from models.features.notebook_means import NotebookMeansParameters, notebook_means
from models.features.parameters import Parameters
from models.features.text import TextParameters, text_features
from models.features.whisper import WhisperParameters, whisper_statistics
from models.scores import Modality


@dataclass(frozen=True, slots=True)
class Feature:
    """A function from one modality's window to the array its models take."""

    name: str
    version: int
    """Raised whenever the same window and parameters give other numbers"""
    modality: Modality
    parameters: type[Parameters]
    compute: Callable[[Any, Any], NDArray[Any]]
    """Window and parameters in, features out"""


REGISTRY = {
    feature.name: feature
    for feature in (
        Feature("mfcc", 1, "voice", MfccParameters, mfcc_features),
        Feature("morphemes", 1, "text", TextParameters, text_features),
        Feature("ngrams", 2, "text", NgramParameters, ngram_features),
        Feature("bio", 1, "bio", BioParameters, bio_features),
        Feature("notebook_means", 1, "bio", NotebookMeansParameters, notebook_means),
    )
}


SEGMENT_REGISTRY = {
    feature.name: feature for feature in (Feature("whisper", 1, "voice", WhisperParameters, whisper_statistics),)
}
"""Those of whole segments, made from what Whisper's encoder computes for the words: its vectors are the window"""


def feature_of(parameters: Parameters) -> Feature:
    """Find the feature that takes these parameters; KeyError when none does."""
    for feature in (*REGISTRY.values(), *SEGMENT_REGISTRY.values()):
        if feature.parameters is type(parameters):
            return feature
    raise KeyError(f"no feature takes {type(parameters).__name__}; known are {', '.join(REGISTRY)}")
