"""What a hole in a stream cost, for people."""

from devices.block import Gap


def loss(gap: Gap) -> str | None:
    """One line about the samples lost; None where none can be counted.

    While a stream is away, and when it begins, its device's state tells more.
    """
    if not gap.lost or gap.duration is None:
        return None
    samples = "1 sample" if gap.lost == 1 else f"{gap.lost} samples"
    return f"{gap.stream}: {samples} lost in {gap.duration:.1f} s: {gap.reason}"
