from __future__ import annotations

import numpy as np
import pytest

from dashboard.compare.memory_span.table import capacity_table
from tests.dashboard.spans import measured, span


def test_each_contender_has_its_sums_and_their_bound() -> None:
    frame = measured().frame()
    table = capacity_table(frame)
    assert table["contender"].tolist() == ["carried", "reset"]
    assert table["delay"].tolist() == [1, 1]
    assert table["bound"].tolist() == [8, 8]
    for column, curves in (("trained", frame.trained), ("untrained", frame.untrained)):
        for shown, curve in zip(table[column], curves, strict=True):
            assert curve is not None
            assert shown == pytest.approx(np.mean(curve.by_lag.sum(axis=1)))


def test_what_is_not_measured_is_empty() -> None:
    table = capacity_table(span().frame())
    assert table[["delay", "trained", "untrained"]].isna().all(axis=None)
    assert table["bound"].tolist() == [8, 8]
