"""Recipes: every parameter of a training run, named in a TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.strict_json import InvalidJson, read_as
from training.errors import InvalidRecipe

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class VoiceRecipe:
    """Of the voice model: statistics of MFCC trajectories, then a small network."""

    correlated: int
    """Coefficients, from the lowest, whose correlations with each other are taken"""
    crossed: int
    """Coefficients, from the lowest, that are correlated with each other at a lag"""
    cross_lags: tuple[int, ...]
    """Frames"""
    own_lags: tuple[int, ...]
    """Frames; every coefficient is correlated with itself so much later"""
    contours: int
    """Cosines over the window's length that describe how a coefficient rises and falls"""
    clip: float
    """Standard deviations at which statistics are cut off"""
    hidden: int
    """Units"""
    input_dropout: float
    dropout: float
    mixup: float
    """Both parameters of the beta distribution that mixes examples"""
    label_smoothing: float
    rate: float
    """Learning rate at the start, falling along a cosine"""
    weight_decay: float
    batch: int
    draws: int
    """How often a clip is drawn, on average over all"""
    korean: float
    """How much more often than by the square root of its share Korean speech is drawn"""
    members: int
    """Networks, trained from different seeds, whose probabilities are averaged"""


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """Of the text model: embeddings, a convolution over neighbours, attention and maximum over the sentence."""

    vocabulary: int
    """Most frequent morphemes that get an id of their own"""
    min_count: int
    length: int
    """Ids in the network's input; of longer texts the end"""
    embedding: int
    filters: int
    kernel: int
    """Morphemes side by side"""
    dropout: float
    token_dropout: float
    """Share of morphemes that are made unknown in training"""
    label_smoothing: float
    kote: float
    """How much more often KOTE's comments are drawn than others"""
    balance: float
    """0 draws labels as they come, 1 all equally often"""
    short: float
    """Share of examples that are cut to a few morphemes, as spoken sentences are short"""
    rate: float
    weight_decay: float
    batch: int
    epochs: int


KINDS: dict[str, type[VoiceRecipe] | type[TextRecipe]] = {"voice": VoiceRecipe, "text": TextRecipe}


def load_recipe(modality: str, path: Path | None = None) -> Any:  # noqa: ANN401 - the modality's dataclass
    """Read a recipe; None stands for the default one of the modality.

    Raises
    ------
    InvalidRecipe
        When the file is missing, no TOML, or has an unknown or missing key or a value of the wrong kind.
    """
    path = path or FOLDER / f"{modality}.toml"
    try:
        return read_as(KINDS[modality], tomllib.loads(path.read_text(encoding="utf-8")), modality)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, InvalidJson) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRecipe(f"recipe {path}: {reason}") from None
