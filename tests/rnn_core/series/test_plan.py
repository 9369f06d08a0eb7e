from __future__ import annotations

import pytest

from rnn_core.series import SeriesPlan


def test_a_column_named_twice_counts_once() -> None:
    plan = SeriesPlan(inputs=("a", "b", "a"), targets=("b", "b"))
    assert plan.inputs == ("a", "b")
    assert plan.targets == ("b",)


@pytest.mark.parametrize("part", ["validation", "test"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_share_outside_its_limits_is_refused(part: str, share: float) -> None:
    with pytest.raises(ValueError, match=f"{part} must be a number from 0.05 to 0.4"):
        SeriesPlan(inputs=("a",), targets=("a",), **{part: share})  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["inputs", "targets"])
def test_no_column_is_refused(part: str) -> None:
    columns = {"inputs": ("a",), "targets": ("a",), part: ()}
    with pytest.raises(ValueError, match=f"{part} must name at least one column"):
        SeriesPlan(**columns)  # type: ignore[arg-type]
