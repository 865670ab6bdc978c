"""What can be wrong with the data and settings of a training run.

Errors, each also the matching builtin::

    TrainingError
    +-- CorpusNotFound (FileNotFoundError)   a folder or file of the corpora is missing
    +-- InvalidCorpus (ValueError)           it is there and cannot be used
    +-- InvalidRecipe (ValueError)           a recipe names an unknown key or a bad value
    +-- NotPrepared (FileNotFoundError)      an earlier step has to be run first
"""


class TrainingError(Exception):
    """Training cannot go on; the message is one line: what was found, what to do."""


class CorpusNotFound(TrainingError, FileNotFoundError):
    """A folder or file of the corpora is missing."""


class InvalidCorpus(TrainingError, ValueError):
    """A corpus is there and cannot be used."""


class InvalidRecipe(TrainingError, ValueError):
    """A recipe names an unknown key or a bad value."""


class NotPrepared(TrainingError, FileNotFoundError):
    """An earlier step has to be run first."""
