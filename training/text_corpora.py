"""Korean sentences with one of the seven labels, in the parts that their makers published."""

import csv
from dataclasses import dataclass
from pathlib import Path

from models.scores import LABELS
from training.errors import CorpusNotFound, InvalidCorpus

FOLDER = Path("text")
"""Below the data's root"""
NEEDED = ("text", "label7", "source")


@dataclass(frozen=True, slots=True)
class TextCorpus:
    """Where a corpus comes from and under which terms."""

    file: str
    name: str
    language: str
    licence: str
    attribution: str
    training: tuple[str, ...]
    """Parts, as the column `source` names them"""
    development: tuple[str, ...]
    """For the temperature; without one, every tenth sentence of the training part"""
    test: str
    several: str | None = None
    """Further file whose training parts count too, with labels joined by `|`, of texts that `file` lacks"""


CORPORA = (
    TextCorpus(
        "kote.csv", "KOTE", "Korean", "MIT", "Jeon et al. (2022)", ("kote/val",), (), "kote/test", "kote_multi.csv"
    ),
    TextCorpus(
        "goemotions_ko.csv",
        "GoEmotions, machine-translated to Korean",
        "Korean",
        "Apache-2.0",
        "Demszky et al. (2020), Korean by goemotions-korean",
        ("goemotions_ko/train",),
        ("goemotions_ko/dev",),
        "goemotions_ko/test",
    ),
)
HELD_EVERY = 10


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled text."""

    corpus: str
    """Name"""
    part: str
    """training, development or test"""
    text: str
    labels: tuple[str, ...]
    """One, or several in training"""
    original: tuple[str, ...]
    """As the corpus itself names what its raters saw"""


def read_sentences(data: Path) -> list[Sentence]:
    """Every sentence with a label.

    A text of a training part that also stands in a test part is left out of training.

    Raises
    ------
    CorpusNotFound
        When there is no corpus at all.
    InvalidCorpus
        When a file lacks a column or names an unknown label.
    """
    there = [corpus for corpus in CORPORA if (data / FOLDER / corpus.file).is_file()]
    if not there:
        names = ", ".join(corpus.file for corpus in CORPORA)
        raise CorpusNotFound(f"no labelled text in {data / FOLDER}; expected one of {names}")
    sentences = [sentence for corpus in there for sentence in _read(data / FOLDER, corpus)]
    tested = {_key(sentence.text) for sentence in sentences if sentence.part == "test"}
    return [sentence for sentence in sentences if sentence.part == "test" or _key(sentence.text) not in tested]


def _key(text: str) -> str:
    return "".join(text.split())


def _read(folder: Path, corpus: TextCorpus) -> list[Sentence]:
    rows = _labelled(folder / corpus.file)
    parts = [(_part(row["source"], i, corpus), row) for i, row in enumerate(rows)]
    sentences = [
        Sentence(corpus.name, part, row["text"], (row["label7"],), _original(row)) for part, row in parts if part
    ]
    if corpus.several is None or not (folder / corpus.several).is_file():
        return sentences
    known = {_key(sentence.text) for sentence in sentences}
    further = [row for row in _labelled(folder / corpus.several) if row["source"] in corpus.training]
    unknown = [row for row in further if _key(row["text"]) not in known]
    return sentences + [
        Sentence(corpus.name, "training", row["text"], tuple(row["label7"].split("|")), _original(row))
        for row in unknown
    ]


def _original(row: dict[str, str]) -> tuple[str, ...]:
    return tuple((row.get("original_label") or "").split("|"))


def _labelled(path: Path) -> list[dict[str, str]]:
    """Rows that carry a label, all of them known."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if missing := [name for name in NEEDED if name not in (rows.fieldnames or ())]:
            raise InvalidCorpus(f"{path}: no column {missing[0]!r}")
        numbered = [(number, row) for number, row in enumerate(rows, 1) if row["label7"]]
    for number, row in numbered:
        if unknown := set(row["label7"].split("|")) - set(LABELS):
            raise InvalidCorpus(f"{path}: row {number}: label7 is {unknown.pop()!r:.40}, expected {' '.join(LABELS)}")
    return [row for _, row in numbered]


def _part(source: str, number: int, corpus: TextCorpus) -> str | None:
    if source == corpus.test:
        return "test"
    if source in corpus.development:
        return "development"
    if source not in corpus.training:
        return None
    return "training" if corpus.development or number % HELD_EVERY else "development"
