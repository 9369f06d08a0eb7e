from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from dashboard.train.horizons import text
from rnn_core.experiments.rolling_origin import RollingOrigin
from rnn_core.series.scores import Scores


def found(errors: dict[str, list[float]], trained: int = 1) -> RollingOrigin:
    """A result with these mean absolute errors by horizon."""
    count = len(errors["network"])
    return RollingOrigin(
        column="level",
        values=np.zeros(9),
        trained=trained,
        horizons=np.arange(1, count + 1),
        origins=np.array([5, 6]),
        answers=np.zeros((2, count)),
        forecasts=MappingProxyType({key: np.zeros((2, count)) for key in errors}),
        scores=MappingProxyType(
            {
                key: tuple(Scores(mae, 2 * mae, mae / 4) for mae in own)
                for key, own in errors.items()
            }
        ),
    )


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ([1, 1, 1, 1, 1], "**The network has the lowest MAE at every horizon, 1 to 5.**"),
        ([1, 1, 3, 9, 1], "**The network has the lowest MAE at 3 of 5 horizons** (1–2, 5)."),
        ([2, 3, 3, 9, np.nan], "**At no horizon does the network have the lowest MAE.**"),
    ],
)
def test_the_verdict_compares_with_the_best_naive_forecast(network: list[float], said: str) -> None:
    made = found({"network": network, "persistence": [9] * 5, "drift": [2, 2, 2, 2, 2]})
    assert text.verdict(made) == said


def test_a_single_horizon_is_not_counted() -> None:
    made = replace(found({"network": [1], "persistence": [2]}, trained=4), horizons=np.array([4]))
    assert text.verdict(made) == "**The network has the lowest MAE.**"
    assert "horizon 4 is the only one." in text.how(made, 7)


def test_iteration_is_said_plainly() -> None:
    errors = {"network": [1.0, 1.0], "persistence": [2.0, 2.0]}
    assert text.how(found(errors), 7) == (
        "2 origins in the test part, which is never trained on; the weights are those of step 7 "
        "throughout. Trained for horizon 1. **Beyond it the forecast is iterated**: the network "
        "reads its own forecasts."
    )
    assert text.how(found(errors, trained=2), 7).endswith(
        "Trained for horizon 2. At shorter horizons stands the forecast that it made before the "
        "origin."
    )


def test_the_table_has_every_error_once() -> None:
    rows = text.rows(found({"network": [1, 2], "persistence": [3, 4]}))
    assert [(row["horizon"], row["forecast"], row["mae"]) for row in rows] == [
        (1, "network", 1),
        (1, "persistence", 3),
        (2, "network", 2),
        (2, "persistence", 4),
    ]
    assert (rows[3]["rmse"], rows[3]["mase"]) == (8, 1)


def test_the_mean_over_targets_is_told_at_the_shortest_and_the_longest_horizon() -> None:
    first = found({"network": [1, 8, 4], "persistence": [3, 8, 9], "drift": [4, 8, 5]})
    both = replace(first, deviation=2.0), replace(first, column="more", deviation=4.0)
    assert text.over_all(both) == (
        "Mean MAE over 2 targets, each in its standard deviation, network and best naive forecast: "
        "at horizon 1 network 0.38, persistence 1.1; at horizon 3 network 1.5, drift 1.9."
    )
    assert text.over_all(both[:1]) == ""
    assert text.over_all((first, first)) == ""
