from __future__ import annotations

from collections.abc import Callable

import pytest

from rnn_core.io import load_checkpoint
from rnn_core.io.files import file_bytes
from rnn_core.io.logs import read_log
from rnn_core.io.tables import read_table


def test_bytes_are_given_back_and_a_bytearray_is_copied() -> None:
    data = bytearray(b"step,loss")
    found = file_bytes(data)
    data[0] = 0
    assert found == b"step,loss"
    assert file_bytes(found) is found


@pytest.mark.parametrize(
    "read",
    [
        file_bytes,
        load_checkpoint,
        lambda data: read_log(data, "a"),
        lambda data: read_table(data, "a"),
    ],
)
@pytest.mark.parametrize(("data", "kind"), [("text", "str"), (None, "NoneType"), ([1], "list")])
def test_every_reader_says_the_same_of_what_is_no_file(
    read: Callable[[object], object], data: object, kind: str
) -> None:
    with pytest.raises(TypeError, match=rf"data must be the bytes of a file, got {kind}\."):
        read(data)
