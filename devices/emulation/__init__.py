"""Emulated devices on pseudo-terminals, with faults on demand and a ledger of what they really sent."""
