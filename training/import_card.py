"""The card of a bundle of the original notebooks' models: what they are, and why their printed scores say little."""

from collections.abc import Mapping
from typing import Any

from models.scores import LABELS, MODALITIES, Modality
from training.card import table

PRINTED: Mapping[Modality, float] = {"voice": 0.7376, "text": 0.7791, "bio": 0.5560}
"""Accuracy in the ensemble notebook, on the last 20 % of the rows"""
PRINTED_VOTE = 0.8054
KEMDY19 = {
    "name": "KEMDy19",
    "language": "Korean",
    "licence": "ETRI licence agreement",
    "attribution": "ETRI",
}
PROTOCOL = "that of the notebooks: no one kept apart, most rows that were scored had been trained on"

HEAD = """# {name}

The models of the original Colab notebooks, with the weights of their Keras files, over the labels {labels}.
Imported on {date} ({packages}). Nothing was trained here. The models vote with equal weights, as in the notebooks.

> **WARNING. The accuracy of 80.5 % that the notebooks print for the vote was measured on rows that the models had been
> trained on. It says nothing about people, sessions or lines that they have not heard. Nobody has measured that.**

The scored rows were the last 20 % in segment order, without shuffling. The models had been trained on a shuffled 80 %
of the same rows, so most of the scored ones were among them, and the rest came from the same sessions and people.
"""

ABOUT: Mapping[Modality, str] = {
    "voice": """## Voice

100 MFCC of the first 4.64 s of an utterance, each scaled over time; three convolutions. Its labels came from another
annotation file than those of the text and bio models.
""",
    "text": """## Text

Morphemes of a transcript, Hangul alone, in front of them zeros up to 94; a GRU. The vocabulary was rebuilt from
`merged_bio_text.csv`: words keep the quotes of a printed Python list, unknown ones have id 1. It was fitted on test
rows too. The notebooks scored an empty transcript as 94 zeros and a missing one as the word `nan`; here both abstain.
""",
    "bio": """## Bio

Means of skin conductance, "ECG" and skin temperature, scaled to the range of all rows, test rows included; four dense
layers.

> **WARNING. The "ECG" of this model is a clock. The notebooks read the wrong column of the ECG files: seconds since the
> recording began. So the model guesses the emotion from how far the session had gone, which followed the same script
> every time. It is given the session time here, as it was trained; no heartbeat reaches it.**

- The time counts from the start of what is running. In the corpus it ran through all ten scenes of a session, so the
  replay of a later scene alone gives the model another time than the notebooks gave it. It is held within the range of
  the training rows.
- Windows are 10 s every second; the notebooks' were utterances. Samples without skin contact are left out; the
  notebooks counted them as 0.
- A window without skin conductance or temperature is not scored: the model has no input for what is missing.
""",
}

LIMITS = """## Limits

- Speakers' and listeners' rows were pooled in training, ties went to the first label, and text and bio labels are the
  alphabetically smaller one of two people's.
- SMOTE mixed rows, and ids of words, before the split.
- For comparison, not for use. Not a medical device, and no ground for decisions about people.
"""


def card(name: str, training: Mapping[str, Any]) -> str:
    """Markdown of the card, from the manifest's provenance."""
    there = [modality for modality in MODALITIES if modality in training]
    packages = ", ".join(f"{package} {number}" for package, number in training["packages"].items())
    head = HEAD.format(name=name, labels=", ".join(LABELS), date=training["date"], packages=packages)
    printed = [
        [modality, f"{PRINTED[modality]:.1%}", f"{training[modality]['difference_from_keras']:.0e}"]
        for modality in there
    ]
    scores = table(["model", "printed accuracy, on rows trained on", "difference from Keras"], printed)
    vote = f"Vote of all three, printed: {PRINTED_VOTE:.1%}, on rows trained on.\n"
    return "\n".join([head, scores, vote, *(ABOUT[modality] for modality in there), LIMITS])


def provenance(difference: float, trials: int) -> dict[str, Any]:
    """One model's part of the manifest; without scores, as those printed are none."""
    return {
        "corpora": [KEMDY19],
        "protocol": PROTOCOL,
        "metrics": {},
        "difference_from_keras": difference,
        "random_inputs": trials,
    }
