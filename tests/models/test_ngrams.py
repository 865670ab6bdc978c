"""Transcripts to hashed n-grams: pieces of words, morphemes, lemmas, padding, and what counts as empty."""

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


SHORT = NgramParameters(longest=2, letters=3)


def of_kind(kind: str, text: str) -> set[str]:
    """N-grams whose kind is told by a letter in front, without it."""
    return {ngram[1:] for ngram in ngrams(text, P) if ngram.startswith(kind)}


def test_pieces_morphemes_and_lemmas() -> None:
    """A word gives its pieces in syllables and in letters, blanks around it, then come morphemes, lemmas and pairs."""
    pieces = ["와", "!", " 와", "와!", "! "]
    letters = ["j" + unicodedata.normalize("NFD", piece) for piece in (" 와", "와!")]
    letters.append(f"j{unicodedata.normalize('NFD', '와')[1]}! ")
    morphemes = ["m와", "m!", "b<\t와", "b와\t!", "b!\t>"]
    lemmas = ["l와/IC", "l!/SF", "p<\t와/IC", "p와/IC\t!/SF", "p!/SF\t>"]
    assert ngrams("와!", SHORT) == pieces + letters + morphemes + lemmas


def test_a_stem_is_found_whatever_it_grew_into() -> None:
    """The stem of a contraction is among the lemmas, though no syllable of it is left as written."""
    assert {"무섭/VA", "어서/EC"} <= of_kind("l", "무서워서")
    assert of_kind("l", "무섭고") & of_kind("l", "무서웠다") == {"무섭/VA"}
    assert "무서워서" in of_kind("m", "무서워서")


def test_a_plus_sign_is_no_contraction() -> None:
    """What mecab-ko joins its parts with may stand in a text as well, alone or between commas."""
    for text in ("좋아 1+1 행사", "좋아 + 나", "좋아, + ,, /+/"):
        assert "+" in {lemma.partition("/")[0] for lemma in of_kind("l", text)} | of_kind("m", text)


def test_letters_are_shared_where_syllables_are_not() -> None:
    """`예뻐` and `예뻤다` have no syllable pair in common, but letters up to the vowel."""
    common = of_kind("j", "예뻐") & of_kind("j", "예뻤다")
    assert unicodedata.normalize("NFD", "예뻐") in common


def test_each_ngram_counts_once() -> None:
    """Saying a word twice adds only what lies between the two."""
    once, twice = set(ngrams("좋아", P)), ngrams("좋아 좋아", P)
    assert len(twice) == len(set(twice))
    assert once <= set(twice)


def test_the_same_text_written_otherwise_is_the_same() -> None:
    """Decomposed Hangul, other blanks and capitals make no difference, nor does how long one laughs in writing."""
    for other in (unicodedata.normalize("NFD", "나 tv 봐"), " 나\n tv  봐", "나 TV 봐"):
        np.testing.assert_array_equal(ngram_features(other, P), ngram_features("나 tv 봐", P))
    assert of_kind("j", "좋아ㅋㅋㅋㅋ") == of_kind("j", "좋아ㅋㅋㅋ")


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
