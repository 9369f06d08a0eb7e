"""Any columns as a file of a table."""

from __future__ import annotations

from io import BytesIO

import pyarrow.parquet as pq

from rnn_core.io.tables import columns_csv, columns_parquet


def test_columns_keep_their_values_and_what_is_missing() -> None:
    columns = {"n": [1, None, 3], "x": [0.5, float("inf"), None], "word": ["a", None, "b"]}
    found = pq.read_table(BytesIO(columns_parquet(columns)))
    assert found.to_pydict() == columns


def test_values_of_several_kinds_are_text() -> None:
    found = pq.read_table(BytesIO(columns_parquet({"clip_norm": [1.0, "none", None]})))
    assert found.to_pydict() == {"clip_norm": ["1.0", "none", None]}


def test_a_row_of_text_has_nothing_for_none() -> None:
    columns = {"n": [1, None], "word": ["a, b", "c"]}
    assert columns_csv(columns) == 'n,word\n1,"a, b"\n,c\n'
