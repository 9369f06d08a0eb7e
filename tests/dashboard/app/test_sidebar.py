from __future__ import annotations

from dashboard.app.sidebar import learning_rates
from rnn_core import RULES


def test_learning_rates_climb_by_one_two_five_to_the_limit() -> None:
    rates = learning_rates(RULES["lr"])
    assert rates[:4] == [1e-5, 2e-5, 5e-5, 1e-4]
    assert rates[-1] == 10.0
    assert 0.02 in rates
    assert rates == sorted(set(rates))
