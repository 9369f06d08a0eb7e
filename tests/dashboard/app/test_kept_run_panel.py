"""What a browser may report of the run that it had before."""

from __future__ import annotations

import pytest

from dashboard.app.kept_run_panel import MOST_STEPS, checked


def test_a_token_and_a_step_are_taken() -> None:
    assert checked({"run": "abc", "step": 1234}) == ("abc", 1234)
    assert checked({"run": "abc", "step": 12.0}) == ("abc", 12)


@pytest.mark.parametrize(
    "report",
    [
        None,
        "abc",
        [],
        {},
        {"run": "abc"},
        {"step": 3},
        {"run": 3, "step": 3},
        {"run": "a" * 65, "step": 3},
        *(
            {"run": "abc", "step": step}
            for step in (0, -1, 0.5, MOST_STEPS + 1, float("nan"), float("inf"), "3", None, [3])
        ),
    ],
)
def test_anything_else_is_ignored(report: object) -> None:
    assert checked(report) is None
