"""What all readers of files ask of what they are given."""

from __future__ import annotations

from rnn_core.messages import N_, InvalidType


def file_bytes(data: object) -> bytes:
    """The bytes of a file, which cannot be changed.

    Args:
        data: bytes or a bytearray.

    Raises:
        TypeError: when it is something else.
    """
    if not isinstance(data, bytes | bytearray):
        raise InvalidType(
            N_("data must be the bytes of a file, got {kind}. Try Path(name).read_bytes()."),
            kind=type(data).__name__,
        )
    return bytes(data)
