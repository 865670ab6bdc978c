"""Corpora to bundles of TFLite models. The only package that may import TensorFlow."""
