"""How much a model's word is worth in the vote, from how well it did on people that it was not trained on."""

import math

from models.scores import LABELS


def reliability(uar: float, classes: int = len(LABELS)) -> float:
    """Reliability above chance, 0 (guesses) to 1 (knows every label).

    Unweighted average recall, less what guessing earns (Powers, J. Mach. Learn. Tech. 2:37, 2011: informedness), times
    the share of the question that is answered at all: who tells rest from stress knows at most 1 of log2(7) bits.

    Parameters
    ----------
    uar
        Unweighted average recall on held-out people, 0..1.
    classes
        How many classes were told apart there.
    """
    chance = 1 / classes
    above = max(0.0, (uar - chance) / (1 - chance))
    return above * min(1.0, math.log(classes) / math.log(len(LABELS)))
