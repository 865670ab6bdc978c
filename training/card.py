"""A bundle's card: what its models were trained on, under which licences, how good they are, what they cannot do."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.scores import LABELS
from training.report.numbers import Table, sizes
from training.report.personal import personal_tables
from training.variants import Comparison

LIMITS = """## Limits

- The voices are acted or read, most of them in English, German and Polish. Only EmotionTTS-ko is Korean: ten speakers,
  four emotions, 200 clips. Its 24 sentences recur from speaker to speaker, each with one emotion only, so its score may
  come from what is said as much as from how. Nothing here measures the voice model on spontaneous Korean speech.
- Settings of the voice recipe were chosen with an eye on two of the folds below, those of the text recipe
  outside the test parts.
- KOTE are written online comments, GoEmotions-ko is machine-translated; spoken Korean is shorter and differs. Plain
  questions are often taken for surprise, and of 42 invented spoken sentences, six to a label, 28 got theirs.
- The bio model knows rest and stress of people at a desk, not emotions. Its output says which labels fit a measured
  arousal, by those labels' mean arousal on KEMDy19, and no more. Everybody in Stress-Predict went through the tasks in
  the same order: time since the start alone tells stress better than the body does here, and what the body adds to it,
  or says of people in other settings, is not shown by these scores.
- The three modalities come from different people: nothing here measures their vote. Scores on KEMDy19 need that corpus.
- Not a medical device, and no ground for decisions about people.
"""

TITLES = {"voice": "Voice", "text": "Text", "bio": "Bio"}
INPUTS = {
    "voice": "MFCC of up to 4.64 s of speech; statistics of their trajectories and a small network.",
    "text": "Hashed n-grams of a transcript: syllables, letters, morphemes, lemmas; sums of vectors, small networks.",
    "bio": "30 s of skin conductance, heart and skin temperature against the person's own level; logistic regression.",
}
SEGMENTS = """### Whole segments

Where Whisper base transcribes, its encoder's output for the segment (mean and standard deviation over time) goes
through a logistic regression as well, and the segment's voice is the mean of both models. Same clips, same folds; the
penalty was chosen among three with an eye on them. The encoder hears words too: in EmotionTTS-ko each sentence has one
emotion only, which is why it scores perfectly there.
"""
CHOSEN = """How the default recipe was chosen: macro-F1 on 2,948 comments of KOTE outside the test part, each scored by
networks trained on the other three quarters of them, and on the 4,914 development sentences of GoEmotions, mean of
these four trainings. All learn the corpora's finer labels as well, and have the labels' shares explained.

| recipe | KOTE | GoEmotions |
| --- | --- | --- |
| n-grams of syllables and morphemes; one network | 0.392 | 0.492 |
| mean of three networks | 0.399 | 0.508 |
| and n-grams of lemmas | 0.414 | 0.516 |
| and of letters | 0.430 | 0.525 |
| and half of the n-grams taken away in training instead of two fifths | 0.436 | 0.519 |
| and six networks of little more than half the width (3.2 MB) | 0.437 | 0.528 |
| the same from another seed | 0.432 | 0.530 |
| five of them (2.7 MB) | 0.433 | 0.523 |

From three networks to five with every n-gram, KOTE gains 0.034 (95 % of bootstrap samples: 0.014 to 0.054); single
steps of 0.01 may be chance, and the best of some forty settings looks a little better than it is. What did not help
(KOTE, against the same without): offsets of the logits fitted for macro-F1 (0.431 against 0.437), targets softened by
what else the raters saw (0.423 against 0.423, though the probabilities are better), comments with none of the seven
labels (0.434 against 0.436), drawing rare labels more often (0.427 against 0.427, and GoEmotions loses 0.011), cutting
a quarter of the texts short (0.432 against 0.437), pairs of words a particle apart (0.415 against 0.423). The six
networks were scored on the test parts before they proved too large: 0.422 and 0.512.
"""
CALIBRATED = {
    "voice": "the held-out clips below, so their calibration error (ECE) is a little too good",
    "text": "development parts that are neither in training nor below",
}


def card(name: str, training: Mapping[str, Any]) -> str:
    """Markdown of a bundle's card, from the manifest's provenance."""
    modalities = [modality for modality in TITLES if modality in training]
    head = f"# {name}\n\nEmotion from voice, words and body over the labels {', '.join(LABELS)}.\n"
    made = f"Made on {training['date']} with seed {training['seed']}: {_packages(training['packages'])}.\n"
    sections = [_section(modality, training[modality]) for modality in modalities]
    compared = [Comparison.from_json(each) for m in modalities for each in training[m].get("sizes") or []]
    formats = [markdown(sizes(compared))] if compared else []
    terms = _licences(training[modality] for modality in modalities)
    personal = [markdown(each) for each in personal_tables(training.get("personal", {}))]
    return "\n".join([head, made, terms, *sections, *personal, *formats, LIMITS])


def _packages(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items())


def _licences(provenances: Iterable[Mapping[str, Any]]) -> str:
    corpora = [corpus for provenance in provenances for corpus in provenance["corpora"]]
    rows = [[corpus["name"], corpus["language"], corpus["licence"], corpus["attribution"]] for corpus in corpora]
    restricted = [corpus["name"] for corpus in corpora if "NC" in corpus["licence"]]
    terms = (
        f"\n**{', '.join(restricted)} are under CC BY-NC-SA 4.0, and so is this bundle: name the authors, no "
        "commercial use, share alike.** The program's own code is under Apache-2.0.\n"
        if restricted
        else ""
    )
    return "## Data and licences\n\n" + table(["corpus", "language", "licence", "by"], rows) + terms


def _section(modality: str, provenance: Mapping[str, Any]) -> str:
    metrics = provenance["metrics"]
    parts = [f"## {TITLES[modality]}\n\n{INPUTS[modality]}\n", f"Protocol: {provenance['protocol']}.\n"]
    if "temperature" in metrics:
        parts.append(f"Temperature {metrics['temperature']}, fitted on {CALIBRATED[modality]}.\n")
    corpora = metrics.get("corpora", {})
    if corpora:
        parts.append(table(SCORES, [[corpus, *_scores(scores)] for corpus, scores in corpora.items()]))
    else:
        parts.append(table(SCORES, [["all", *_scores(metrics)]]))
    parts += [_further(metrics), _ablation(corpora), CHOSEN if modality == "text" else ""]
    classes = metrics.get("classes", LABELS)
    for corpus, scores in (corpora or {"held-out people": metrics}).items():
        parts.append(f"Confusion, {corpus} (rows: truth, columns: prediction):\n\n{_confusion(scores, classes)}")
    if segments := metrics.get("segments"):
        parts.append(_segments(corpora, segments))
    return "\n".join(part for part in parts if part)


def _segments(windows: Mapping[str, Any], segments: Mapping[str, Any]) -> str:
    """Scores of the voice model of whole segments, beside those of the model of windows and of both together."""
    kinds = {"MFCC": windows, "Whisper": segments["alone"], "both": segments["both"]}
    rows = [[corpus, kind, *_scores(scores[corpus])] for corpus in windows for kind, scores in kinds.items()]
    parts = [
        SEGMENTS,
        f"Temperature {segments['temperature']}, fitted on {CALIBRATED['voice']}.\n",
        table([SCORES[0], "model", *SCORES[1:]], rows),
    ]
    for corpus, scores in segments["both"].items():
        parts.append(f"Confusion of both, {corpus} (rows: truth, columns: prediction):\n\n{_confusion(scores, LABELS)}")
    return "\n".join(parts)


SCORES = ["corpus", "n", "accuracy", "UAR", "macro-F1", "weighted F1", "ECE", "UAR over folds"]


def _scores(scores: Mapping[str, Any]) -> list[str]:
    folds = scores.get("uar_folds")
    spread = f"{folds['mean']:.3f} ± {folds['sd']:.3f}" if folds else ""
    names = ("accuracy", "uar", "macro_f1", "weighted_f1", "ece")
    return [str(scores.get("n", "")), *(f"{scores[name]:.3f}" if name in scores else "" for name in names), spread]


def _further(metrics: Mapping[str, Any]) -> str:
    """Numbers that only some models have, as a list."""
    lines = []
    if sessions := metrics.get("sessions"):
        known = ", ".join(f"{value:.3f} in sessions of {length}" for length, value in sessions.items())
        lines.append(f"- UAR when the person is new: {known}")
    if control := metrics.get("control"):
        known = ", ".join(f"{value:.3f} from {what}" for what, value in control.items())
        lines.append(f"- For comparison, the same kind of model without any body signal: UAR {known}")
    return "\n".join([*lines, ""]) if lines else ""


def _ablation(corpora: Mapping[str, Any]) -> str:
    """UAR by how a clip is cut."""
    rows = [
        [corpus, *(f"{uar:.3f}" for uar in scores["views"].values())]
        for corpus, scores in corpora.items()
        if "views" in scores
    ]
    if not rows:
        return ""
    head = ["UAR by cut", "speech part (as in a session)", "clip as recorded", "first 1.5 s of speech"]
    return table(head, rows)


def _confusion(scores: Mapping[str, Any], classes: Iterable[str]) -> str:
    names = list(classes)
    rows = [[name, *map(str, row)] for name, row in zip(names, scores["confusion"], strict=True) if any(row)]
    return table(["", *names], rows)


def markdown(of: Table) -> str:
    """A section with a table and its note."""
    note = f"{of.note}\n\n" if of.note else ""
    return f"## {of.title}\n\n{note}{table(list(of.head), [list(row) for row in of.rows])}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
