"""Serial biosensors without ports: bytes in, frames out, and what has to be said to a device to make it send.

Nothing here does I/O, holds a thread or knows the time, so every device can be tested byte by byte.
"""
