"""The table of the benchmark, and that its figures are printed."""

from __future__ import annotations

from benchmarks.read_table import table_text
from tests.benchmarks.commands import numbers, run_quickly


def test_the_table_has_a_time_and_three_numbers_a_row() -> None:
    head, first, second = table_text(2).decode().splitlines()
    assert head == "time,a,b,c"
    assert first.startswith("2020-01-01T00:00:00,")
    assert second.startswith("2020-01-01T00:01:00,")
    assert len(second.split(",")) == 4


def test_the_seconds_are_printed() -> None:
    size, rows, reading, cleaning = run_quickly("benchmarks.read_table").splitlines()
    assert numbers(size)[0] > 0.5
    assert numbers(rows) == [20_000]
    for line in (reading, cleaning):
        assert 0 < numbers(line)[0] < 100
