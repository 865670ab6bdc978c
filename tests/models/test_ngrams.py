"""Transcripts to hashed n-grams: pieces of words, morphemes, padding, and what counts as empty."""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.ngrams import NgramParameters, ngram_features, ngrams
from models.features.parameters import InvalidParameters
from models.features.text import EmptyText

P = NgramParameters()


def test_pieces_morphemes_and_pairs() -> None:
    """A word gives its characters and pieces with the blanks around it, then come morphemes and pairs of them."""
    assert ngrams("와!", 2) == ["와", "!", " 와", "와!", "! ", "m와", "m!", "b<\t와", "b와\t!", "b!\t>"]


def test_each_ngram_counts_once() -> None:
    """Saying a word twice adds only what lies between the two."""
    once, twice = set(ngrams("좋아", 4)), ngrams("좋아 좋아", 4)
    assert len(twice) == len(set(twice))
    assert once <= set(twice)


def test_the_same_text_written_otherwise_is_the_same() -> None:
    """Decomposed Hangul, other blanks and capitals make no difference, nor does how long one laughs in writing."""
    for other in (unicodedata.normalize("NFD", "나 tv 봐"), " 나\n tv  봐", "나 TV 봐"):
        np.testing.assert_array_equal(ngram_features(other, P), ngram_features("나 tv 봐", P))
    assert set(ngrams("좋아ㅋㅋㅋㅋ", 4)) - set(ngrams("좋아ㅋㅋㅋ", 4)) <= {
        "mㅋㅋㅋㅋ",
        "b좋아ㅋㅋㅋㅋ\t>",
        "b아\tㅋㅋㅋㅋ",
        "bㅋㅋㅋㅋ\t>",
    }


@given(st.text(max_size=80).map(lambda text: text + "가"))
def test_ids_fill_the_front(text: str) -> None:
    """Whatever the text, ids lie within the buckets, before zeros, in the wanted length."""
    small = replace(P, buckets=100, length=64)
    ids = ngram_features(text, small)
    assert ids.shape == (64,)
    assert ids.dtype == np.int32
    used = int((ids > 0).sum())
    assert used > 0
    assert (ids[:used] > 0).all()
    assert ids.max() <= 100


@pytest.mark.parametrize("text", ["", "...", "Thank you."])
def test_without_korean_there_is_nothing_to_score(text: str) -> None:
    """Silence and foreign words are refused with the reason."""
    with pytest.raises(EmptyText, match="no Korean"):
        ngram_features(text, P)


def test_parameters_are_checked() -> None:
    """A bundle cannot ask for ids or lengths that do not exist, and its parameters survive JSON."""
    assert NgramParameters.from_json(P.to_json()) == P
    with pytest.raises(InvalidParameters, match=r"buckets is 0"):
        NgramParameters(buckets=0)
