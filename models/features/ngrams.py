"""Hashed n-grams of a Korean transcript: pieces of words and neighbouring morphemes, punctuation and all.

Pieces of words still match where spacing, spelling or an ending is new, and question marks say much about surprise.
Instead of a vocabulary, n-grams get ids by a hash (Weinberger et al. 2009); those that share an id share a vector.
"""

import re
import unicodedata
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.features.parameters import InvalidParameters, Parameters
from models.features.text import EmptyText, tagger

_REPEATED = re.compile(r"(.)\1{2,}")
_KOREAN = re.compile("[ㄱ-ㅎㅏ-ㅣ가-힣]")


@dataclass(frozen=True)
class NgramParameters(Parameters):
    """How transcripts become ids."""

    buckets: int = 65_536
    """Ids run from 1 to this; 0 is padding"""
    length: int = 512
    """Ids in the network's input"""
    longest: int = 4
    """Characters of the longest piece of a word, the blanks around the word included"""

    def __post_init__(self) -> None:
        for name in ("buckets", "length", "longest"):
            if (value := getattr(self, name)) <= 0:
                raise InvalidParameters(f"parameters.{name} is {value}, expected a number above 0")


def ngrams(text: str, longest: int) -> list[str]:
    """Different n-grams of a text: pieces of its words, then morphemes (`m...`) and pairs of them (`b...`).

    Raises
    ------
    EmptyText
        When there is no Korean in the text.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not _KOREAN.search(text):
        raise EmptyText("no Korean in the text")
    morphemes = [morpheme.lower() for morpheme in tagger()(text)]
    pairs = zip(["<", *morphemes], [*morphemes, ">"], strict=True)
    found = [piece for word in _REPEATED.sub(r"\1\1", text.lower()).split() for piece in _pieces(word, longest)]
    found += [f"m{morpheme}" for morpheme in morphemes]
    found += [f"b{left}\t{right}" for left, right in pairs]
    return list(dict.fromkeys(found))


def ngram_features(text: str, parameters: NgramParameters) -> NDArray[np.int32]:
    """Ids of a transcript's n-grams, int32 [length]: zeros behind short texts, the last ids of long ones.

    Raises
    ------
    EmptyText
        When there is no Korean in the text.
    """
    found = ngrams(text, parameters.longest)[-parameters.length :]
    features = np.zeros(parameters.length, np.int32)
    features[: len(found)] = [1 + crc32(ngram.encode()) % parameters.buckets for ngram in found]
    return features


def _pieces(word: str, longest: int) -> list[str]:
    """Characters and their sequences, the blanks around the word being characters too."""
    spaced = f" {word} "
    starts = [(start, n) for n in range(1, longest + 1) for start in range(len(spaced) - n + 1)]
    return [piece for start, n in starts if (piece := spaced[start : start + n]) != " "]
