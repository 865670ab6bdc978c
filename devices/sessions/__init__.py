"""Sessions on disk: everything that came, in the order in which it came, in a folder that only its owner can read.

::

    2026-11-23T14-05-09/
        manifest.json           format, version, id, time, source, and what the caller knew; written once, at the start
        00000.events.jsonl      one line for each event, in the order of arrival
        00000.audio.wav         the samples of its blocks, one after the other: float32, 16 kHz, mono
        00000.eda.f32           those of other streams: little-endian float32
        00001.events.jsonl      the next minute of session time
        ...
        chunks.jsonl            one line for each chunk that is complete, with sizes and SHA-256, and one at the end
        raw/eda.capture         every byte of a device, as `devices.link.capture` writes it

A file only grows; of a WAV file, the sizes in its header keep pace. Samples are written before the line that counts
them, so a recording that was killed is good up to its last whole line, as it is.
"""
