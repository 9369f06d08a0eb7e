from __future__ import annotations

from typing import Any

import pytest

from rnn_core.io.tables import ReadOptions


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"separator": "x"}, "Unknown separator 'x'"),
        ({"decimal": ";"}, "Unknown decimal ';'"),
        ({"thousands": "_"}, "Unknown thousands '_'"),
        ({"comment": "x"}, "Unknown comment 'x'"),
        ({"date_order": "ydm"}, "Unknown date_order 'ydm'"),
        ({"kinds": (("a", "image"),)}, "Unknown kind 'image'. Choose from: date, number, text"),
    ],
)
def test_values_that_do_not_exist_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReadOptions(**changes)


def test_options_are_hashable_and_equal_by_value() -> None:
    one, other = (ReadOptions(decimal=",", kinds=(("a", "text"),)) for _ in range(2))
    assert len({one, other}) == 1
