"""Recipes: every parameter of a training run, named in a TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.strict_json import InvalidJson, read_as
from training.errors import InvalidRecipe

FOLDER = Path(__file__).parent
SEGMENT = "voice-segment"
"""Section and file of the voice model of whole segments"""


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
class SegmentRecipe:
    """Of the voice model of whole segments: multinomial logistic regression over Whisper's statistics."""

    clip: float
    """Standard deviations at which statistics are cut off"""
    ridge: float
    """Penalty on half the squared weights, against the mean loss of a clip"""
    steps: int
    """Of L-BFGS, at most"""


@dataclass(frozen=True, slots=True)
class NgramRecipe:
    """Of the text model: vectors of hashed n-grams, their sum, one hidden layer."""

    embedding: int
    """Numbers in an n-gram's vector"""
    hidden: int
    """Units"""
    dropout: float
    dropped: float
    """Share of n-grams that are taken away in training"""
    label_smoothing: float
    prior: float
    """How much of the labels' frequencies is explained by the corpus: 0 none, 1 all"""
    words: float
    """Weight of naming what the corpora's own raters saw: their finer words, or each rater's label"""
    rate: float
    """Learning rate at the start, falling along a cosine"""
    weight_decay: float
    batch: int
    epochs: int
    members: int
    """Networks, trained one after the other, whose probabilities are averaged"""


@dataclass(frozen=True, slots=True)
class WritingRecipe(NgramRecipe):
    """Of the bundle's text model, which corpora of writing teach."""

    kote: float
    """How much more often KOTE's comments are drawn than others"""


@dataclass(frozen=True, slots=True)
class BioRecipe:
    """Of a bio model that learns labels: logistic regression over deviations from the person's own baseline."""

    features: tuple[str, ...]
    """Of `models.features.bio.FEATURES`"""
    clip: float
    """Largest deviation from the baseline, in spreads"""
    ridge: float
    """Penalty on squared weights, against the sum of the examples' losses"""
    balancing: Literal["none", "weights", "oversample", "smote"]


@dataclass(frozen=True, slots=True)
class NotebookRecipe:
    """How the original notebooks trained one of their networks; `training.notebook` has the layers."""

    architecture: Literal["notebook"]
    rate: float
    """Of Adam"""
    decay: float
    """The rate at step n is rate / (1 + decay n)"""
    epochs: int
    batch: int
    balancing: Literal["none", "weights", "oversample", "smote"]
    """Of the training part alone"""


@dataclass(frozen=True, slots=True)
class RunRecipe:
    """Of all three models."""

    name: str
    voice: VoiceRecipe | NotebookRecipe
    text: NgramRecipe | NotebookRecipe
    bio: BioRecipe | NotebookRecipe
    segment: SegmentRecipe | None
    """Of the voice's second model, where Whisper's weights are; the original recipe has none"""

    def of(self, model: str) -> Any:  # noqa: ANN401 - any recipe
        """Recipe of a modality, or of the voice model of whole segments."""
        return self.segment if model == SEGMENT else getattr(self, model)


KINDS: dict[str, type[VoiceRecipe] | type[SegmentRecipe] | type[WritingRecipe]] = {
    "voice": VoiceRecipe,
    SEGMENT: SegmentRecipe,
    "text-ngrams": WritingRecipe,
}
"""Of a bundle's models"""


def load_recipe(modality: str, path: Path | None = None) -> Any:  # noqa: ANN401 - the modality's dataclass
    """Read a recipe; None stands for the default one of the modality, or of its model of whole segments.

    Raises
    ------
    InvalidRecipe
        When the file is missing, no TOML, or has an unknown or missing key or a value of the wrong kind.
    """
    path = path or FOLDER / f"{modality}.toml"
    return _read(KINDS[modality], _toml(path), modality, path)


def load_run_recipe(name: str) -> RunRecipe:
    """Read the recipe of a whole run: `default`, `notebook`, or a TOML file with sections voice, text and bio.

    A section with `architecture = "notebook"` holds the settings of the original network; one that is not there stands
    for the default recipe of its modality.

    Raises
    ------
    InvalidRecipe
        As `load_recipe`.
    """
    path = FOLDER / "notebook.toml" if name == "notebook" else Path(name)
    content = {} if name == "default" else _toml(path)
    if unknown := [key for key in content if key not in (*DEFAULTS, SEGMENT)]:
        raise InvalidRecipe(
            f"recipe {path}: unknown section {unknown[0]!r}; known are {', '.join(DEFAULTS)}, {SEGMENT}"
        )
    sections = {modality: _section(modality, content.get(modality), path) for modality in DEFAULTS}
    original = isinstance(sections["voice"], NotebookRecipe)
    segment = None if original else _section(SEGMENT, content.get(SEGMENT), path)
    return RunRecipe(name if name in ("default", "notebook") else path.stem, **sections, segment=segment)


DEFAULTS: dict[str, Any] = {"voice": VoiceRecipe, "text": NgramRecipe, "bio": BioRecipe}
"""Of a run's three models"""


def kind_of(modality: str, content: object) -> Any:  # noqa: ANN401 - a dataclass
    """Tell which of a modality's recipes a section holds."""
    notebooks = isinstance(content, dict) and "architecture" in content
    return NotebookRecipe if notebooks else (DEFAULTS | KINDS)[modality]


def _section(modality: str, content: object, path: Path) -> Any:  # noqa: ANN401 - the modality's dataclass
    if content is None:
        path = FOLDER / f"{modality}.toml"
        content = _toml(path)
    return _read(kind_of(modality, content), content, modality, path)


def _read(kind: Any, content: object, key: str, path: Path) -> Any:  # noqa: ANN401 - a dataclass
    try:
        return read_as(kind, content, key)
    except InvalidJson as error:
        raise InvalidRecipe(f"recipe {path}: {error}") from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRecipe(f"recipe {path}: {reason}") from None
