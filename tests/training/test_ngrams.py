"""What the text model is taught beside the seven labels."""

import numpy as np

from training.ngrams import UNKNOWN, own_words


def test_words_of_other_corpora_are_neither_seen_nor_unseen() -> None:
    """Of its own corpus's words a sentence got some and not the others; of another corpus's nothing is known."""
    words = own_words(np.array(["joy", "슬픔|놀람", "놀람"]), np.array(["b", "a", "a"]))
    unknown = UNKNOWN
    np.testing.assert_array_equal(words, [[unknown, unknown, 1], [1, 1, unknown], [1, 0, unknown]])
