from __future__ import annotations

import numpy as np
import pytest

from dashboard.run.views.registry import view
from rnn_core import RunConfig
from rnn_core.diagnostics import gradient_by_lag
from tests.dashboard.runs import charts_of, inspect, run_after, trainer_at
from tests.dashboard.sent_charts import rows


def test_the_gradient_is_that_of_the_step_on_screen() -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    now = trainer_at(7, config).context()
    np.testing.assert_array_equal(
        inspect(run_after(7, config), "gradient").result.by_lag.hidden,
        gradient_by_lag(now.model, now.inputs, now.state, now.targets).hidden,
    )


def test_the_charts_hold_what_was_computed() -> None:
    run = run_after(2, RunConfig(cell="lstm", hidden_size=3))
    result = inspect(run, "gradient").result
    by_lag, shares, saliency = (rows(chart) for chart in charts_of(run, "gradient"))
    drawn = [row["share"] for row in shares["shares"]]
    np.testing.assert_allclose(drawn, result.shares.share[-1])
    assert sum(drawn) == pytest.approx(1)
    assert list(result.by_lag.norms) == ["h", "c"]
    for path, by_layer in result.by_lag.norms.items():
        norms = by_layer[-1]
        found = {row["lag"]: row["norm"] for row in by_lag["lags"] if row["path"] == path}
        finite = np.flatnonzero(np.isfinite(norms))
        assert sorted(found) == finite.tolist()
        np.testing.assert_allclose([found[lag] for lag in finite], np.maximum(norms[finite], 1e-12))
    assert len(saliency["cells"]) == 10 * 11 / 2
    assert max(cell["value"] for cell in saliency["cells"]) == 1
    first = saliency["cells"][0]
    assert (first["left"], first["low"]) == (0.5, 0.5)
    assert first["value"] == pytest.approx(result.saliency[0, 0] / result.saliency.max())


def test_a_plain_rnn_has_one_path() -> None:
    (by_lag, _shares, _saliency) = charts_of(run_after(2, RunConfig(hidden_size=3)), "gradient")
    assert {row["path"] for row in rows(by_lag)["lags"]} == {"h"}


def test_the_factor_over_the_window_is_said() -> None:
    result = inspect(run_after(2, RunConfig(hidden_size=3)), "gradient").result
    norms = result.by_lag.hidden[-1]
    said = view("gradient").numbers(result)
    assert f"by a factor of {norms[-1] / norms[0]:.2g}" in said
    assert f"Over {len(norms) - 1} time steps back" in said
