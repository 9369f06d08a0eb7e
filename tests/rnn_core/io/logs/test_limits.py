"""What is larger than a limit is refused with a sentence, or passed over, before it is kept."""

from __future__ import annotations

import struct
import tracemalloc

import pytest

from rnn_core.io.logs import events, limits, read_log, reading
from tests.rnn_core.io.logs.event_files import block, event, event_file, record, simple

CSV = b"step,loss\n0,2\n1,1\n"


def test_a_file_is_refused_by_its_size() -> None:
    with pytest.raises(ValueError, match=r"'x' has 21 MB, more than 20\. Leave out rows"):
        read_log(CSV + b" " * limits.MOST_BYTES, "x")


def test_a_table_of_too_many_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_NUMBERS", 3)
    with pytest.raises(ValueError, match=r"'x' has more than 3 numbers\. Leave out rows"):
        read_log(CSV, "x")


def test_too_many_tags_and_scalars_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"'x' has more than 200 tags\. Log fewer\."):
        read_log(event(0, *(simple(f"t{n}", 1) for n in range(201))), "x")
    monkeypatch.setattr(events, "MOST_NUMBERS", 4)
    with pytest.raises(ValueError, match=r"'x' has more than 2 scalars\. Log every tenth step\."):
        read_log(event_file(1, 2, 3), "x")


def test_names_are_cut() -> None:
    value = block(1, b"t" * 200) + b"\x15" + struct.pack("<f", 1.0)
    file = read_log(event(0, value), "n" * 200)
    assert (file.name, *file.losses) == ("n" * limits.LONGEST_NAME, "t" * limits.LONGEST_NAME)


def test_a_large_record_is_passed_over_and_costs_no_memory() -> None:
    # Fifty thousand empty values would be as many objects.
    bomb = record(block(5, b"\x0a\x00" * 50_001))
    data = event_file(1) + bomb + event_file(2)
    tracemalloc.start()
    points = read_log(data, "x").points
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert points["loss"][1].tolist() == [1, 2]
    assert peak < 1_000_000
