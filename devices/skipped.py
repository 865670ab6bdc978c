"""How rows that could not be read are reported: the first ones each, the others by their number."""

from collections.abc import Iterator, Sequence

SHOWN = 3
"""Rows of a file that are reported each"""


def report(file: str, skipped: Sequence[str]) -> Iterator[str]:
    """Yield a line for each of the first rows in `skipped`, and one that counts those of the `file` beyond them."""
    yield from skipped[:SHOWN]
    if len(skipped) > SHOWN:
        yield f"{file}: {len(skipped) - SHOWN} more rows skipped, {len(skipped)} in all"
