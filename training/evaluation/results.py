"""Everything that is known about a run, as dataclasses; report, card and manifest are made of these numbers alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from training.evaluation.bootstrap import Interval
from training.evaluation.dimensions import Agreement
from training.evaluation.gauge import Gauge
from training.metrics import Bin, Report

SCORES = ("accuracy", "uar", "macro_f1", "weighted_f1")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well one modality, or the vote of several, does on the test rows."""

    modalities: tuple[str, ...]
    weighting: str
    """`alone`, `equal` or `fitted`"""
    weights: dict[str, float]
    """By modality, mean 1, from the validation rows of all folds; each fold was scored with its own"""
    n: int
    """Rows scored"""
    ties: int
    """Rows without one true label, not scored"""
    missing: int
    """Rows for which none of the modalities had an answer, not scored"""
    scores: Report
    """Of all test rows together"""
    recall: dict[str, float | None]
    """By label; None where nobody had it"""
    intervals: dict[str, Interval]
    folds: dict[int, Report]
    spread: dict[str, dict[str, float]]
    """Mean and standard deviation of each score over folds"""
    kinds: dict[str, Report]
    """`script` and `impro`, where both occur"""
    corpora: dict[str, Report]
    """By name, where there are several"""
    sessions: dict[str, Report]
    dimensions: dict[str, Agreement]
    """`valence` and `arousal`, where raters were asked"""
    reliability: tuple[Bin, ...]

    @property
    def name(self) -> str:
        """For tables."""
        several = {"alone": "", "equal": ", equal weights", "fitted": ", fitted weights"}
        return " + ".join(self.modalities) + several[self.weighting]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the temperature does to one modality."""

    temperature: float
    """Fitted on the validation rows of all folds; of a voice with two models that of its windows"""
    segment: float | None
    """Of the voice model of whole segments, fitted for the mean of both; None where there is none"""
    folds: dict[int, float]
    """Fitted on each fold's own, and applied to its test rows"""
    ece_before: float
    reliability_before: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """One run's evaluation."""

    corpus: str
    protocol: str
    recipe: str
    ties: str
    seed: int
    leak: str | None
    """Why the numbers cannot be believed; None when they can"""
    utterances: int
    disagreeing: int
    """Utterances whose tables name different labels"""
    clusters: str
    """What the intervals draw: `session` or `speaker`"""
    outcomes: tuple[Outcome, ...]
    calibration: dict[str, Calibration]
    """By modality"""
    gauges: tuple[Gauge, ...]
    corpora: dict[str, tuple[Gauge, ...]]
    """Of each corpus alone, where there are several"""
    voices: tuple[Outcome, ...]
    """Of a voice with two models, each of them alone: that of windows, that of whole segments"""

    def outcome(self, *modalities: str, weighting: str | None = None) -> Outcome:
        """The outcome of these modalities: alone, or their vote with equal weights unless told.

        Raises
        ------
        KeyError
            When there is none.
        """
        wanted = weighting or ("alone" if len(modalities) == 1 else "equal")
        for outcome in self.outcomes:
            if set(outcome.modalities) == set(modalities) and outcome.weighting == wanted:
                return outcome
        raise KeyError(f"no {wanted} outcome of {', '.join(modalities)}")

    @property
    def whole(self) -> Outcome:
        """The vote of all modalities with equal weights, or the only modality."""
        return self.outcome(*self.calibration)

    def to_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def as_metrics(results: Results, modality: str) -> dict[str, Any]:
    """One modality's numbers as a manifest keeps them under `training.M.metrics`."""
    outcome = results.outcome(modality)
    names = ("windows", "alone") if modality == "voice" else ()
    segments = {name: _numbers(voice) for name, voice in zip(names, results.voices, strict=False)}
    return {
        "temperature": results.calibration[modality].temperature,
        **_numbers(outcome),
        "ties": outcome.ties,
        "missing": outcome.missing,
        "recall": outcome.recall,
        "corpora": _short(outcome.corpora),
        "ccc": {dimension: found.ccc for dimension, found in outcome.dimensions.items()},
        "ece_uncalibrated": results.calibration[modality].ece_before,
        "confusion": outcome.scores.confusion,
        **({"segments": {"temperature": results.calibration[modality].segment, **segments}} if segments else {}),
    }


def as_provenance(results: Results) -> dict[str, Any]:
    """The vote, its subsets and the gauges as a manifest keeps them under `training.evaluation`."""
    rows: list[Mapping[str, Any]] = [
        {
            "name": o.name,
            "weights": o.weights,
            **_numbers(o),
            "kinds": _short(o.kinds),
            "corpora": _short(o.corpora),
            "dimensions": {dimension: asdict(found) for dimension, found in o.dimensions.items()},
        }
        for o in results.outcomes
    ]
    gauges = [{"name": g.name, "reason": g.reason, **(_report(g.scores) if g.scores else {})} for g in results.gauges]
    about = {key: getattr(results, key) for key in ("corpus", "protocol", "recipe", "ties", "leak", "clusters")}
    return {**about, "outcomes": rows, "gauges": gauges, "confusion": results.whole.scores.confusion}


def fitted_weights(results: Results) -> dict[str, float]:
    """Weight of each modality in the vote, fitted on validation rows, mean 1; for the manifest."""
    several = len(results.calibration) > 1
    return results.outcome(*results.calibration, weighting="fitted" if several else "alone").weights


def _numbers(outcome: Outcome) -> dict[str, Any]:
    intervals = {name: [interval.low, interval.high] for name, interval in outcome.intervals.items()}
    return {**_report(outcome.scores), "uar_folds": outcome.spread["uar"], "intervals": intervals}


def _short(parts: Mapping[str, Report]) -> dict[str, dict[str, float]]:
    return {part: _report(scores) for part, scores in parts.items()}


def _report(scores: Report) -> dict[str, float]:
    return {name: getattr(scores, name) for name in ("n", *SCORES, "ece")}
