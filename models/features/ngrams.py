"""Hashed n-grams of a Korean transcript: pieces of words, morphemes and their lemmas, punctuation and all.

Pieces of words still match where spacing, spelling or an ending is new; those of letters (jamo) also where a stem and
its ending share a syllable, and lemmas where mecab-ko undoes that. Question marks say much about surprise. Instead of
a vocabulary, n-grams get ids by a hash (Weinberger et al. 2009); those that share an id share a vector.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.features.parameters import InvalidParameters, Parameters
from models.features.text import EmptyText, dictionary

_REPEATED = re.compile(r"(.)\1{2,}")
_KOREAN = re.compile("[ㄱ-ㅎㅏ-ㅣ가-힣]")


@dataclass(frozen=True)
class NgramParameters(Parameters):
    """How transcripts become ids."""

    buckets: int = 65_536
    """Ids run from 1 to this; 0 is padding"""
    length: int = 1024
    """Ids in the network's input"""
    longest: int = 4
    """Characters of the longest piece of a word, the blanks around the word included"""
    letters: int = 6
    """Letters of the longest piece of a word spelt in single letters; the shortest has three"""

    def __post_init__(self) -> None:
        for name in ("buckets", "length", "longest", "letters"):
            if (value := getattr(self, name)) <= 0:
                raise InvalidParameters(f"parameters.{name} is {value}, expected a number above 0")


def is_korean(text: str) -> bool:
    """Whether a text has any n-grams: without a Korean character it has none."""
    return _KOREAN.search(unicodedata.normalize("NFC", text)) is not None


def ngrams(text: str, parameters: NgramParameters) -> list[str]:
    """Different n-grams of a text.

    Pieces of its words; pieces in single letters (`j...`); morphemes (`m...`) and pairs of them (`b...`); lemmas with
    their part of speech (`l...`) and pairs of them (`p...`).

    Raises
    ------
    EmptyText
        When there is no Korean in the text.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not is_korean(text):
        raise EmptyText("no Korean in the text")
    words = _REPEATED.sub(r"\1\1", text.lower()).split()
    found = [piece for word in words for piece in _pieces(word, 1, parameters.longest)]
    spelt = [unicodedata.normalize("NFD", word) for word in words]
    found += [f"j{piece}" for word in spelt for piece in _pieces(word, 3, parameters.letters)]
    morphemes, lemmas = _analysed(text)
    found += _singles_and_pairs("m", "b", morphemes) + _singles_and_pairs("l", "p", lemmas)
    return list(dict.fromkeys(found))


def ngram_features(text: str, parameters: NgramParameters) -> NDArray[np.int32]:
    """Ids of a transcript's n-grams, int32 [length]: zeros behind short texts, the last ids of long ones.

    Raises
    ------
    EmptyText
        When there is no Korean in the text.
    """
    found = ngrams(text, parameters)[-parameters.length :]
    features = np.zeros(parameters.length, np.int32)
    features[: len(found)] = [1 + crc32(ngram.encode()) % parameters.buckets for ngram in found]
    return features


def _pieces(word: str, shortest: int, longest: int) -> list[str]:
    """Sequences of a word's characters, the blanks around it being characters too."""
    spaced = f" {word} "
    starts = [(start, n) for n in range(shortest, longest + 1) for start in range(len(spaced) - n + 1)]
    return [piece for start, n in starts if (piece := spaced[start : start + n]) != " "]


def _singles_and_pairs(single: str, pair: str, items: list[str]) -> list[str]:
    """Items, then neighbours, the text's borders being neighbours too; each behind its kind's letter."""
    neighbours = zip(["<", *items], [*items, ">"], strict=True)
    return [single + item for item in items] + [f"{pair}{left}\t{right}" for left, right in neighbours]


def _analysed(text: str) -> tuple[list[str], list[str]]:
    """Morphemes as written, and lemmas with their part of speech: `무서워서`, but `무섭/VA` and `어서/EC`."""
    morphemes: list[str] = []
    lemmas: list[str] = []
    for line in _dictionary()(text).splitlines():
        morpheme, _, rest = line.lower().partition("\t")
        if not rest:
            continue  # the end of the text
        morphemes.append(morpheme)
        lemmas += _lemmas(morpheme, line.rpartition("\t")[2].split(","))
    return morphemes, lemmas


def _lemmas(morpheme: str, fields: list[str]) -> list[str]:
    """Undo a contraction, whose parts mecab-ko's eighth field lists as `무섭/VA/*+어서/EC/*`."""
    contracted = "+" in fields[0] and len(fields) > 7
    parts = [part.split("/") for part in fields[7].split("+")] if contracted else []
    return ["/".join(part[:2]) for part in parts if len(part) > 1] or [f"{morpheme}/{fields[0]}"]


@lru_cache(maxsize=1)
def _dictionary() -> Callable[[str], str]:
    return dictionary()
