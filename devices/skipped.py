"""How rows that could not be read are reported: the first ones each, the others by their number."""

from collections.abc import Iterator, Sequence

_SHOWN = 3


def report(file: str, skipped: Sequence[str]) -> Iterator[str]:
    """Yield a line for each of the first rows in `skipped`, and one that counts those of the `file` beyond them."""
    yield from skipped[:_SHOWN]
    if len(skipped) > _SHOWN:
        yield f"{file}: {len(skipped) - _SHOWN} more rows skipped, {len(skipped)} in all"
