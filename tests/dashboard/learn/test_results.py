from __future__ import annotations

from dashboard.learn.results import outcome


def test_an_outcome_is_computed_once_for_a_seed_and_an_engine() -> None:
    first = outcome("shapes", 3, "torch")
    assert outcome("shapes", 3, "torch") is first
    assert outcome("shapes", 4, "torch") is not first
    assert first.option == 2
