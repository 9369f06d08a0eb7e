"""TensorBoard's event files, written by hand."""

from __future__ import annotations

import struct

from crc32c import crc32c


def masked(data: bytes) -> bytes:
    found = crc32c(data)
    return struct.pack("<I", ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    head = struct.pack("<Q", len(data))
    return head + masked(head) + data + masked(data)


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def block(number: int, data: bytes) -> bytes:
    """A field that has a length: text, bytes, a message, packed numbers."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(step: int, *values: bytes) -> bytes:
    time = b"\x09" + struct.pack("<d", 1.7e9)
    return record(time + b"\x10" + varint(step) + block(5, b"".join(block(1, v) for v in values)))


def simple(tag: str, loss: float) -> bytes:
    """As PyTorch writes a scalar."""
    return block(1, tag.encode()) + b"\x15" + struct.pack("<f", loss)


def tensor(tag: str, dtype: int, held: bytes, shape: bytes = b"") -> bytes:
    """As TensorFlow 2 writes a scalar, with the metadata of its plugin."""
    metadata = block(9, block(1, block(1, b"scalars")))
    return block(1, tag.encode()) + block(8, b"\x08" + bytes([dtype]) + shape + held) + metadata


VERSION = record(b"\x09" + struct.pack("<d", 1.7e9) + block(3, b"brain.Event:2"))


def event_file(*losses: float, tag: str = "loss", every: int = 10) -> bytes:
    return VERSION + b"".join(
        event(every * number, simple(tag, loss)) for number, loss in enumerate(losses)
    )
