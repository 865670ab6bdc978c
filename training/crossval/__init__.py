"""From a corpus to models that were tested on people they had not heard: rows, folds, tasks, predictions."""
