"""Blocks to Scores: feature functions, windows, bundles and the TFLite runner. No TensorFlow."""
