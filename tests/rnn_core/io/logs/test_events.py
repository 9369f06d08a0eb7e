from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.io.logs.events import is_event_file, read_events
from tests.rnn_core.io.logs.event_files import (
    VERSION,
    block,
    event,
    event_file,
    record,
    simple,
    tensor,
)

# As TensorBoard 2.21 writes a scalar in either form, byte by byte.
WRITTEN = bytes.fromhex(
    # 72 bytes, and the checksum of their number
    "4800000000000000fe92489d"
    # a time, "brain.Event:2" and a name of the writer
    "090d634106fec2da411a0d627261696e2e4576656e743a32"
    "522e0a2c74656e736f72626f6172642e73756d6d6172792e7772697465722e6576656e745f66696c655f777269746572"
    "1ecb9122"  # checksum
    "1a00000000000000129bd82d"  # 26 bytes
    "0900000040fc54d941"  # wall_time 1.7e9
    "1003"  # step 3
    "2a0d0a0b"  # a summary with one value
    "0a046c6f7373"  # tag "loss"
    "150000003f"  # simple_value 0.5
    "35f132ef"  # checksum
    "2f000000000000006d5d1d50"  # 47 bytes
    "0900000040fc54d941"
    "10ac02"  # step 300
    "2a210a1f0a046c6f7373"
    "420a080112002a040000803e"  # a tensor: DT_FLOAT, no dimensions, float_val 0.25
    "4a0b0a090a077363616c617273"  # metadata: the plugin "scalars"
    "7df14602"  # checksum
)


def test_scalars_are_read_byte_by_byte() -> None:
    ((steps, losses),) = read_events(WRITTEN, "a").points.values()
    assert steps.tolist() == [3.0, 300.0]
    assert losses.tolist() == [0.5, 0.25]


def test_a_file_begins_with_a_record() -> None:
    assert is_event_file(WRITTEN)
    assert not is_event_file(WRITTEN[1:])
    assert not is_event_file(b"step,loss\n0,1\n")
    assert not is_event_file(b"")


def test_the_files_of_these_tests_are_written_likewise() -> None:
    held = block(5, struct.pack("<f", 0.25))
    value = block(1, b"loss") + block(8, b"\x08\x01\x12\x00" + held)
    value += block(9, block(1, block(1, b"scalars")))
    assert WRITTEN[88:] == event(3, simple("loss", 0.5)) + event(300, value)


def test_tags_have_steps_of_their_own_in_the_order_of_the_file() -> None:
    data = event_file(4, 2) + event(7, simple("val", 3)) + event(0, simple("loss", 1))
    points = read_events(data, "a").points
    assert list(points) == ["loss", "val"]
    assert points["loss"][0].tolist() == [0, 10, 0]
    assert points["loss"][1].tolist() == [4, 2, 1]
    assert [each.tolist() for each in points["val"]] == [[7], [3]]


@pytest.mark.parametrize(
    ("dtype", "held"),
    [
        (1, block(4, struct.pack("<f", 0.25))),  # tensor_content
        (1, b"\x2d" + struct.pack("<f", 0.25)),  # float_val, not packed
        (1, block(5, struct.pack("<f", 0.25))),  # packed
        (2, block(6, struct.pack("<d", 0.25))),
        (2, block(4, struct.pack("<d", 0.25))),
        (19, block(4, struct.pack("<e", 0.25))),
    ],
)
def test_a_scalar_may_be_a_tensor(dtype: int, held: bytes) -> None:
    ((_steps, losses),) = read_events(event(1, tensor("t", dtype, held)), "a").points.values()
    assert losses.tolist() == [0.25]


def test_other_tensors_are_no_scalars() -> None:
    two = block(2, block(2, b"\x08\x02"))
    others = [
        tensor("histogram", 2, block(4, bytes(16)), two),
        tensor("text", 7, block(8, b"hello")),
        tensor("several", 1, block(5, bytes(8))),
        tensor("nothing", 1, b""),
    ]
    with pytest.raises(ValueError, match=r"^'a' holds no scalars\. Choose an event file"):
        read_events(event(0, *others), "a")
    assert list(read_events(event(0, *others, simple("x", 1)), "a").points) == ["x"]


def test_a_loss_that_is_not_finite_is_infinite() -> None:
    ((_steps, losses),) = read_events(
        event_file(1, float("nan"), float("-inf")), "a"
    ).points.values()
    assert losses.tolist() == [1, np.inf, np.inf]


def test_a_tag_that_is_no_text_is_shown_all_the_same() -> None:
    value = block(1, b"\xff" * 200) + b"\x15" + struct.pack("<f", 1.0)
    (tag,) = read_events(event(0, value), "a").points
    assert tag == "\ufffd" * 80


def test_an_end_that_was_cut_off_is_left_out() -> None:
    whole = event_file(3, 2, 1)
    for cut in (1, 10, 30):
        assert len(read_events(whole[:-cut], "a").points["loss"][0]) == 2


@pytest.mark.parametrize("place", [-1, -10])
def test_damage_is_told_by_the_checksum(place: int) -> None:
    data = bytearray(event_file(3, 2))
    start = len(event_file(3))
    data[place] ^= 1
    with pytest.raises(ValueError, match=rf"^'a' is damaged at byte {start}\. Copy it again\.$"):
        read_events(bytes(data), "a")


def test_a_record_that_is_no_message_is_damage() -> None:
    with pytest.raises(ValueError, match=r"damaged at byte 40"):
        read_events(VERSION + record(b"\x2a\xff"), "a")


_PIECES = st.sampled_from(
    [VERSION, event(1, simple("loss", 1)), event(2, tensor("t", 1, block(5, bytes(4)))), b"\0" * 9]
)


@given(st.lists(st.one_of(_PIECES, st.binary(max_size=40), st.binary(max_size=40).map(record))))
def test_whatever_the_bytes_are_they_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        points = read_events(VERSION + b"".join(pieces), "a").points
    except ValueError as error:
        points, said = {}, str(error)
    else:
        said = "'a' was read"
    assert said.startswith("'a' ")
    assert all(len(steps) == len(losses) > 0 for steps, losses in points.values())


@given(st.data())
def test_a_flipped_bit_never_changes_a_loss(data: st.DataObject) -> None:
    whole = event_file(3, 2, 1)
    place = data.draw(st.integers(0, 8 * len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place // 8] ^= 1 << place % 8
    try:
        losses = read_events(bytes(damaged), "a").points["loss"][1].tolist()
    except ValueError as error:
        losses, said = [], str(error)
    else:
        said = ""
    assert losses == [3, 2, 1][: len(losses)]
    assert bool(losses) or "damaged at byte" in said
