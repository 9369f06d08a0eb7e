from __future__ import annotations

import pytest

from rnn_core.io.tables import read_table

TABLE = read_table(b"day,v,w,place\n2026-01-01,1,2,here\n2026-01-02,3,4,there\n", "a.csv")


def test_columns_are_found_by_name_and_by_kind() -> None:
    assert len(TABLE) == 2
    assert TABLE.column("w").values.tolist() == [2, 4]
    assert TABLE.named("number") == ("v", "w")
    assert TABLE.named("date") == ("day",)
    assert TABLE.named("text") == ("place",)


def test_an_unknown_column_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"Unknown column 'x'\. Choose from: day, place, v, w"):
        TABLE.column("x")
