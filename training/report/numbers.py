"""Tables of results as text, the same rows for a page, a terminal and a card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.scores import LABELS
from training.evaluation.dimensions import DIMENSIONS, Agreement
from training.evaluation.gauge import LARGEST, NEAREST, Gauge
from training.evaluation.results import SCORES, Outcome, Results
from training.metrics import Report, mean_and_spread
from training.variants import NAMES, Comparison, Variant

HEADS = {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro-F1", "weighted_f1": "weighted F1"}
KINDS = {
    "script": ("Script alone", "Lines of the scripts recur in other sessions: a text model can know them by heart."),
    "impro": ("Improvisation alone", "Words that nobody else said."),
}
"""Title and note by kind of scene"""
PUBLISHED = "published: wav2vec2, KLUE-BERT"
PUBLISHED_SCORES = {"KEMDy19": ("0.702", "", "0.664", "0.704"), "KEMDy20": ("0.874", "", "0.408", "0.871")}
"""The best speaker- and session-independent result known, by corpus: mean of five folds by session, ties dropped"""
PUBLISHED_CCC = ("published: MATE, audio and text", "", "0.848", "", "0.778", "")
"""On KEMDy19, five folds of four sessions; its settings were chosen on one of them"""
APART = (LARGEST, NEAREST, "published")
"""How rows begin that do not speak of this run's models"""

PUBLISHED_NOTE = "The published one is the mean of five folds by session, without ties."

PRINTED = (
    ("printed by the notebooks: text", "1829", "0.779", "0.734", "0.704", "0.771", ""),
    ("printed by the notebooks: bio", "1829", "0.556", "0.457", "0.370", "0.537", ""),
    ("printed by the notebooks: voice", "1829", "0.738", "0.733", "0.694", "0.751", ""),
    ("printed by the notebooks: vote", "1829", "0.805", "0.757", "0.725", "0.805", ""),
)
"""Of the original notebooks, as leaky as their protocol. UAR and macro-F1 follow from the printed matrices; the vote's
weighted F1 from its matrix the right way round"""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under heads; the first column names the row."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(results: Results) -> list[Table]:
    """Every table there is to show about a run."""
    return [
        _scores(results),
        *([_voices(results)] if results.voices else []),
        *_corpora(results),
        *(_kind(results.outcomes, kind) for kind in results.whole.kinds),
        _recall(results.outcomes),
        *([_dimensions(results)] if results.whole.dimensions else []),
        *([_folds(results.outcomes)] if len(results.whole.folds) > 1 else []),
        _calibration(results),
        *([_weights(results)] if len(results.calibration) > 1 else []),
    ]


def sizes(comparisons: Sequence[Comparison]) -> Table:
    """Number formats of models: what each costs, what it loses, and which one ships."""
    rows = tuple(_size(comparison, variant) for comparison in comparisons for variant in comparison.variants)
    notes = [f"{each.model} ships as {each.chosen}, {each.why}; {_judged(each)}." for each in comparisons]
    note = " ".join([*notes, "Latency is the interpreter's median for one input, one thread."])
    return Table("Number formats", note, ("", "kB", "ms", "accuracy", "score", "chosen by", ""), rows)


def _judged(of: Comparison) -> str:
    choice = "which chose" if of.judged_on == of.tested_on else f"the choice was made on {of.judged_on}"
    return f"its score is {NAMES[of.modality]} on {of.tested_on}, {choice}"


def _size(comparison: Comparison, variant: Variant) -> tuple[str, ...]:
    name, size = f"{comparison.model} {variant.name}", f"{variant.size / 1000:.1f}" if variant.size else ""
    if variant.latency_ms is None:
        return (name, size, "", "", "", "", f"does not run: {variant.reason}")
    numbers = (_number(each) for each in (variant.latency_ms, variant.accuracy, variant.score, variant.judged))
    return (name, size, *numbers, "ships" if variant.name == comparison.chosen else "")


def run_tables(run: Mapping[str, Any]) -> list[Table]:
    """What `run.json` says about number formats, rows and folds, as far as it does."""
    compared = [Comparison.from_json(each) for each in run.get("sizes") or []]
    found = [
        sizes(compared),
        _rows(run.get("rows") or {}),
        _split(run.get("folds") or []),
        _shuffled(run.get("shuffled") or {}),
    ]
    return [table for table in found if table.rows]


def _rows(counts: Mapping[str, Any]) -> Table:
    skipped = counts.get("skipped") or {}
    left_out = tuple((f"left out: {reason}", str(count)) for reason, count in skipped.items())
    known = tuple((name, str(counts[name])) for name in ("annotated", "used") if name in counts)
    return Table("Rows of the corpus", "", ("", "n"), (*known, *left_out))


def _split(folds: Sequence[Mapping[str, Any]]) -> Table:
    """Sessions of each fold, or people where there are none."""
    rows = []
    for fold in folds:
        parts = [fold.get(f"{part}_sessions") or fold.get(f"{part}_speakers") or [] for part in ("validation", "test")]
        sizes = [str(fold.get(f"{part}_n", "")) for part in ("train", "validation", "test")]
        rows.append((f"fold {fold.get('fold', '')}", *sizes, *(_listed(names) for names in parts)))
    head = ("", "n trained", "n validated", "n tested", "validated on", "tested on")
    return Table("Folds", "No session and no person stands on two sides of an honest fold.", head, tuple(rows))


def _shuffled(results: Mapping[str, Mapping[str, Any]]) -> Table:
    """The notebooks' other leak: the share of the shuffled rows that was held out."""
    rows = tuple((modality, str(r["n"]), f"{r['accuracy']:.3f}", r["split"]) for modality, r in results.items())
    return Table("On shuffled rows, as single notebooks did", "", ("", "n", "accuracy", "split"), rows)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _scores(results: Results) -> Table:
    head = ("", "n", *(f"{name} [95 %]" for name in HEADS.values()), "ECE")
    rows = [
        (o.name, str(o.n), *(_with_interval(o, score) for score in SCORES), f"{o.scores.ece:.3f}")
        for o in results.outcomes
    ]
    reasons = [gauge.reason for gauge in results.gauges]
    once = [gauge for place, gauge in enumerate(results.gauges) if gauge.scores or gauge.reason not in reasons[:place]]
    gauges = [_gauge(gauge) for gauge in once]
    bar = _published(results.corpus)
    note = (
        f"All test rows together; intervals by drawing each {results.clusters} as a whole. Rows in italics use no "
        "features at all: a split leaks where nearest in time is far above the largest class."
    )
    if bar:
        note += f" {PUBLISHED_NOTE}"
    printed = PRINTED if results.corpus == "KEMDy19" and results.protocol == "notebook" else ()
    return Table("Scores", note, head, (*rows, *printed, *gauges, *bar))


def _published(corpus: str) -> list[tuple[str, ...]]:
    scores = PUBLISHED_SCORES.get(corpus)
    return [(PUBLISHED, "", *scores, "")] if scores else []


def _corpora(results: Results) -> list[Table]:
    """Where there are several, each apart: in a table of its own, or all in one where there is but one model."""
    if len(results.outcomes) > 1 or not results.corpora:
        return [_corpus(results, corpus) for corpus in results.corpora]
    (outcome,) = results.outcomes
    rows = tuple(
        (corpus, *_plain(scores), *(_number(g.scores.accuracy) for g in results.corpora[corpus][:1] if g.scores))
        for corpus, scores in outcome.corpora.items()
    )
    note = f"The same model on each corpus's test rows; the last column is the accuracy of its {LARGEST}."
    return [Table("Corpora apart", note, ("", "n", *HEADS.values(), "ECE", LARGEST), rows)]


def _corpus(results: Results, corpus: str) -> Table:
    """One corpus's rows of the same models."""
    rows = [(o.name, *_plain(o.corpora[corpus])) for o in results.outcomes if corpus in o.corpora]
    gauges, bar = [_gauge(gauge) for gauge in results.corpora[corpus] if gauge.scores], _published(corpus)
    note = "The same models, on this corpus's test rows." + (f" {PUBLISHED_NOTE}" if bar else "")
    return Table(f"{corpus} alone", note, ("", "n", *HEADS.values(), "ECE"), (*rows, *gauges, *bar))


def _dimensions(results: Results) -> Table:
    """Concordance with the raters, of all test rows and over folds."""
    rows = [
        (o.name, str(o.dimensions["valence"].n), *(cell for d in DIMENSIONS for cell in _agreement(o.dimensions[d])))
        for o in results.outcomes
        if len(o.dimensions) == len(DIMENSIONS)
    ]
    note = (
        "Concordance correlation (CCC) with the mean of the raters, ties included. No model has an output for these: "
        "they are read off the labels' probabilities by a linear head, fitted on validation rows alone."
    )
    bar = [PUBLISHED_CCC] if results.corpus == "KEMDy19" else []
    return Table("Valence and arousal", note, ("", "n", "valence", "folds", "arousal", "folds"), (*rows, *bar))


def _agreement(found: Agreement) -> tuple[str, str]:
    folds = mean_and_spread(list(found.folds.values()))
    return _number(found.ccc), f"{folds['mean']:.3f} ± {folds['sd']:.3f}"


def _kind(outcomes: Sequence[Outcome], kind: str) -> Table:
    rows = tuple((o.name, *_plain(o.kinds[kind])) for o in outcomes if kind in o.kinds)
    return Table(*KINDS.get(kind, (kind, "")), ("", "n", *HEADS.values(), "ECE"), rows)


def _voices(results: Results) -> Table:
    rows = tuple((o.name, *_plain(o.scores)) for o in (*results.voices, results.outcome("voice")))
    note = "At a segment's end its voice is the mean of both models, and that is the voice of all other tables."
    return Table("Windows and whole segments", note, ("", "n", *HEADS.values(), "ECE"), rows)


def _recall(outcomes: Sequence[Outcome]) -> Table:
    rows = tuple((o.name, *(_number(o.recall[label]) for label in LABELS)) for o in outcomes)
    return Table("Recall by label", "", ("", *LABELS), rows)


def _folds(outcomes: Sequence[Outcome]) -> Table:
    names = (*SCORES, "ece")
    rows = tuple((o.name, *(f"{o.spread[s]['mean']:.3f} ± {o.spread[s]['sd']:.3f}" for s in names)) for o in outcomes)
    title = f"Mean and standard deviation over {len(outcomes[0].folds)} folds"
    return Table(title, "", ("", *HEADS.values(), "ECE"), rows)


def _calibration(results: Results) -> Table:
    rows = tuple(
        (
            modality,
            f"{found.temperature:.2f}" + (f" and {found.segment:.2f}" if found.segment else ""),
            ", ".join(f"{value:.2f}" for value in found.folds.values()),
            f"{found.ece_before:.3f}",
            f"{results.outcome(modality).scores.ece:.3f}",
        )
        for modality, found in results.calibration.items()
    )
    head = ("", "temperature", "by fold", "ECE before", "ECE after")
    note = "Temperatures are fitted on validation rows alone."
    if any(found.segment for found in results.calibration.values()):
        note += " The voice's second one is that of the model of whole segments, fitted for the mean of both."
    return Table("Calibration", note, head, rows)


def _weights(results: Results) -> Table:
    rows = tuple(
        (" + ".join(o.modalities), *(_number(o.weights.get(modality)) for modality in results.calibration))
        for o in results.outcomes
        if o.weighting == "fitted"
    )
    note = "Fitted on validation rows alone; their mean is 1. Each fold is scored with weights of its own."
    return Table("Fitted weights", note, ("", *results.calibration), rows)


def _gauge(gauge: Gauge) -> tuple[str, ...]:
    if gauge.scores is None:
        return (f"{gauge.name}: {gauge.reason}", *[""] * 6)
    scores = (f"{getattr(gauge.scores, score):.3f}" for score in SCORES)
    return (gauge.name, str(gauge.scores.n), *scores, "")


def _with_interval(outcome: Outcome, score: str) -> str:
    interval = outcome.intervals[score]
    return f"{getattr(outcome.scores, score):.3f} [{interval.low:.2f}, {interval.high:.2f}]"


def _plain(scores: Report) -> tuple[str, ...]:
    return (str(scores.n), *(f"{getattr(scores, score):.3f}" for score in (*SCORES, "ece")))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
