"""The figures of a large file on the Data page."""

from __future__ import annotations

from tests.benchmarks.commands import numbers, require_browser, run_quickly


def test_a_file_is_uploaded_and_trained_on_and_memory_is_told() -> None:
    require_browser()
    said = run_quickly("benchmarks.own_data").splitlines()
    rows, size, preview, redraws, before, visitors, _size, most, after = (
        numbers(line)[0] for line in said
    )
    assert rows == 5_000
    assert size > 0.1
    assert preview > 0
    assert redraws > 0
    assert visitors == 1
    assert min(before, most, after) > 100
