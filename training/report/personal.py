"""What a person's profile is worth, as tables."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from models.features.bio import WindowParameters
from models.personal import PULL
from training.report.numbers import Table

MODELS = {"windows": "MFCC", "segments": "Whisper", "both": "both"}
VOICE = """UAR on speakers that were left out, without and with a profile made of so many of their neutral clips; the
speaker's other clips are scored (mean of 24 draws, the gain over folds). Of the difference between what a model says of
somebody's neutral speech and what it says of strangers', {pull:.0%} is taken away at most; the share was chosen on the
corpora other than RAVDESS. With four clips nothing neutral is left of a RAVDESS actor, so its UAR is of six labels.
Shifting Whisper's statistics by the speaker's neutral mean was tried, too: it gained as much on RAVDESS and lost up to
13 points elsewhere. {whole}"""
WHOLE = """The model of whole segments, trained and tested with every speaker normalised by all of their clips of all
emotions, which nobody has beforehand, has {known:.3f} on {corpus} and {without:.3f} without: of that a profile keeps
{kept:.0%} at best."""
BODY = """Balanced accuracy on Stress-Predict, one person left out at a time, in sessions that begin five minutes into
the recording: the baseline begins with nothing, or with what the first minutes told, which counts as {weight:.0f}
seconds at most, and goes on learning; frozen, it learns nothing. Gains are means over people. What a profile of another
day or of electrodes put on anew is worth is not known: everybody was recorded once."""


def personal_tables(found: Mapping[str, Any]) -> list[Table]:
    """Tables of what `training.personal` found; none where nothing was measured."""
    return [
        *([_voice(found["voice"])] if "voice" in found else []),
        *([_body(found["body"])] if "body" in found else []),
    ]


def _voice(found: Mapping[str, Any]) -> Table:
    head = ("corpus", "model", "neutral clips", "n", "speakers", "without", "with", "gain")
    rows = tuple(
        (row["corpus"], MODELS[row["model"]], str(row["known"]), str(row["n"]), str(row["speakers"]), *_scores(row))
        for row in found["gains"]
    )
    note = VOICE.format(pull=PULL, whole=_whole(found))
    unused = [
        MODELS[name] for name in ("windows", "segments") if _is_there(found, name) and name not in found["neutral"]
    ]
    if unused:
        note += f" On average it does not help {' or '.join(unused)} and is not applied there."
    return Table("A person's profile: voice", _wrapped(note), head, rows)


def _is_there(found: Mapping[str, Any], model: str) -> bool:
    return any(row["model"] == model for row in found["gains"])


def _whole(found: Mapping[str, Any]) -> str:
    """What every clip of a speaker tells, for the first corpus."""
    corpus, scores = next(iter(found.get("whole recording", {}).items()), ("", None))
    gains = [row for row in found["gains"] if (row["corpus"], row["model"]) == (corpus, "segments")]
    if scores is None or not gains or scores["with"] <= scores["without"]:
        return ""
    kept = max(row["with"] - row["without"] for row in gains) / (scores["with"] - scores["without"])
    return WHOLE.format(known=scores["with"], corpus=corpus, without=scores["without"], kept=max(kept, 0.0))


def _body(rows: list[Mapping[str, Any]]) -> Table:
    head = ("session", "profile of", "", "n", "people", "without", "with", "gain")
    return Table(
        "A person's profile: body",
        _wrapped(BODY.format(weight=WindowParameters().weight)),
        head,
        tuple(_body_row(row) for row in rows),
    )


def _body_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    session = f"{row['session_s'] / 60:.0f} min" if row["session_s"] else "to the end"
    frozen = "frozen" if row.get("frozen") else ""
    return (session, f"{row['known_s'] / 60:.0f} min", frozen, str(row["n"]), str(row["people"]), *_scores(row))


def _scores(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{row['without']:.3f}", f"{row['with']:.3f}", f"{row['gain']['mean']:+.3f} ± {row['gain']['sd']:.3f}")


def _wrapped(note: str) -> str:
    return fill(" ".join(note.split()), 120)
