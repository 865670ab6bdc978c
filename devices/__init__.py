"""The outside world as Blocks: recordings and devices, each behind the one Source interface of `devices.source`."""
