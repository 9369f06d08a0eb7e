from __future__ import annotations

import datetime
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_core.io.tables import ReadOptions, limits, read_table


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_columns_keep_their_types() -> None:
    days = [datetime.date(2026, 1, day) for day in range(1, 10)]
    table = read_table(
        parquet(
            {
                "day": days,
                "whole": list(range(9)),
                "part": [0.5, None, float("inf"), *range(6)],
                "told": ["1.5", "x", *["2"] * 7],
                "flag": [True] * 9,
                "name": ["a"] * 9,
                "lists": [[1]] * 9,
            }
        ),
        "a.parquet",
    )
    kinds = {column.name: column.kind for column in table.columns}
    assert kinds == {
        "day": "date",
        "whole": "number",
        "part": "number",
        "told": "number",
        "flag": "number",
        "name": "text",
    }
    assert table.column("day").values[1] == np.datetime64("2026-01-02")
    np.testing.assert_equal(table.column("part").values[:4], [0.5, np.nan, np.nan, 0])
    assert [str(problem) for problem in table.problems[:3]] == [
        "Column 'lists' holds lists or binary data and is left out.",
        "Line 3, column 'part': 'inf' is no number.",
        "Line 2, column 'told': 'x' is no number.",
    ]


def test_a_kind_can_be_corrected() -> None:
    data = parquet({"t": [1_577_836_800 + n for n in range(9)], "v": list(range(9))})
    table = read_table(data, "a.parquet", ReadOptions(kinds=(("t", "date"), ("v", "text"))))
    assert table.column("t").values[0] == np.datetime64("2020-01-01")
    assert table.column("v").values[3] == "3"


def test_text_that_would_not_fit_into_memory_is_refused() -> None:
    repeated = pa.DictionaryArray.from_arrays(np.zeros(100_000, np.int32), ["x" * 30_000])
    data = parquet({"t": repeated})
    assert len(data) < 100_000
    with pytest.raises(ValueError, match="would unpack to 3000 MB, more than 400"):
        read_table(data, "a.parquet")


def test_rows_and_columns_are_limited_by_what_the_file_states() -> None:
    constant = pa.nulls(limits.MOST_ROWS + 1, pa.int8())
    with pytest.raises(ValueError, match="has 2000001 rows"):
        read_table(parquet({"x": constant}), "a.parquet")
    with pytest.raises(ValueError, match="has 201 columns"):
        read_table(parquet({str(place): [1, 2] for place in range(201)}), "a.parquet")
    wide = {str(place): constant[:200_000] for place in range(150)}
    with pytest.raises(ValueError, match="has 200000 rows"):
        read_table(parquet(wide), "a.parquet")


@pytest.mark.parametrize("keep", [4, 100, 400])
def test_a_cut_file_is_damaged(keep: int) -> None:
    with pytest.raises(ValueError, match="is damaged"):
        read_table(parquet({"x": list(range(99))})[:keep], "a.parquet")


def test_a_file_of_lists_has_nothing_to_read() -> None:
    with pytest.raises(ValueError, match="has no column of numbers, dates or text"):
        read_table(parquet({"x": [[1], [2]]}), "a.parquet")
