"""Transcripts to ids: the notebooks' filter, morphemes, stop words, vocabulary and padding."""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.parameters import InvalidParameters
from models.features.text import EmptyText, TextParameters, fit_vocabulary, text_features, tokens

P = TextParameters()
SMALL = TextParameters(vocabulary=("행복", "너무", "해"), length=6)


def test_morphemes_without_stop_words() -> None:
    """Mecab splits words into morphemes; the notebooks' stop words go."""
    assert tokens("나는 너무 행복해", P) == ["나", "너무", "행복", "해"]


def test_what_is_not_hangul_is_deleted() -> None:
    """Markers, digits, Latin and punctuation vanish without leaving a blank, as in the notebooks."""
    assert tokens("c/ 나는... 너무 2행복3해! LOL", P) == tokens("나는 너무 행복해", P)


def test_everything_may_be_kept() -> None:
    """`keep="all"` leaves punctuation to the model."""
    assert "!" in tokens("나는\n너무 행복해!", replace(P, keep="all"))


def test_decomposed_hangul_is_composed() -> None:
    """Text in NFD, as macOS writes it, gives the same tokens."""
    assert tokens(unicodedata.normalize("NFD", "너무 행복해"), P) == tokens("너무 행복해", P)


def test_quoted_tokens() -> None:
    """The notebooks' own models know tokens with the quotes of a printed Python list."""
    assert tokens("너무 행복해", replace(P, quoted=True)) == ["'너무'", "'행복'", "'해'"]


def test_ids_are_padded_in_front() -> None:
    """Known tokens count from 2, unknown ones are 1, zeros stand in front."""
    features = text_features("나는 너무 행복해", SMALL)
    assert features.dtype == np.int32
    np.testing.assert_array_equal(features, [0, 0, 1, 3, 2, 4])


def test_long_texts_keep_their_end() -> None:
    """Pre-truncation: the last `length` tokens remain."""
    np.testing.assert_array_equal(text_features("왜 나는 너무 행복해", replace(SMALL, length=2)), [2, 4])


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no Korean"), ("  ", "no Korean"), ("OK! 123", "no Korean"), ("도", "stop words"), ("이 가", "stop words")],
)
def test_empty_text_is_never_scored(text: str, message: str) -> None:
    """A text without tokens raises and says which step took the last one."""
    with pytest.raises(EmptyText, match=message):
        text_features(text, SMALL)


@given(st.text(max_size=80))
def test_any_text_gives_ids_or_says_why_not(text: str) -> None:
    """Whatever comes in, the ids are within the vocabulary."""
    try:
        features = text_features(text, SMALL)
    except EmptyText:
        return
    assert features.shape == (6,)
    assert set(features.tolist()) <= set(range(SMALL.id_count))
    assert features[-1] != 0


def test_vocabulary_is_fitted_by_frequency() -> None:
    """The most frequent tokens come first, ties in code point order, texts in any order, empty ones passed over."""
    texts = ["너무 행복해", "너무 슬퍼", "", "OK", "너무 행복해"]
    vocabulary = fit_vocabulary(texts, P)
    assert vocabulary[:3] == ("너무", "해", "행복")
    assert fit_vocabulary(reversed(texts), P) == vocabulary
    assert fit_vocabulary(texts, P, size=2) == vocabulary[:2]
    assert fit_vocabulary(texts, P, min_count=3) == ("너무",)


def test_parameters_survive_json() -> None:
    """Stop words and vocabulary travel in the manifest."""
    assert TextParameters.from_json(SMALL.to_json()) == SMALL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary": ["나", "나"]}, "vocabulary holds '나' twice"),
        ({"vocabulary": ["나", 3]}, r"vocabulary\[1\] is 3, expected a string"),
        ({"length": 0}, "length is 0"),
        ({"keep": "latin"}, "keep is 'latin', expected 'hangul' or 'all'"),
        ({"stop_words": "도"}, "stop_words is '도', expected a list of a string"),
    ],
)
def test_bad_parameters_are_named(change: dict[str, object], message: str) -> None:
    """Bad values name their key, what was found and what is expected."""
    with pytest.raises(InvalidParameters, match=message):
        TextParameters.from_json(SMALL.to_json() | change)
