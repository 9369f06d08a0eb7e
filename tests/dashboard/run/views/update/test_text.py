from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.run.views.update import text
from dashboard.run.views.update.chart import slow_motion
from dashboard.run.views.update.phases import Place
from dashboard.run.views.update.result import UpdateResult
from rnn_core import RunConfig
from tests.dashboard.runs import inspect, run_after
from tests.dashboard.sent_charts import rows


def update(config: RunConfig) -> UpdateResult:
    result = inspect(run_after(1, config), "slow").result
    assert isinstance(result, UpdateResult)
    return result


def strong(found: UpdateResult, place: Place, name: str) -> list[dict[str, Any]]:
    """The rows that take part."""
    return [row for row in rows(slow_motion(found, place))[name] if row["lit"] == 1.0]


@pytest.mark.parametrize("carried", [True, False])
def test_the_state_leaves_the_window_where_it_is_carried(carried: bool) -> None:
    found = update(RunConfig(hidden_size=3, carry_state=carried))
    place = Place("carry", 10)
    arrows = strong(found, place, "arrows")
    assert [arrow["x"] for arrow in arrows] == ([pytest.approx(10.3)] if carried else [])
    words = text.explanation(found, place)
    assert ("starts from zeros" in words) is not carried
    if carried:
        norm = np.linalg.norm(found.window.unrolled.h[0, -1])
        assert f"{norm:.3g}" in text.formula(found, place)


@pytest.mark.parametrize(("clip_norm", "said"), [(None, "off"), (100.0, "within"), (1e-3, "above")])
def test_clipping_says_what_it_does(clip_norm: float | None, said: str) -> None:
    found = update(RunConfig(hidden_size=3, clip_norm=clip_norm))
    assert said in text.explanation(found, Place("clip", 1))
    table = text.parameters(found)
    assert table["weights"][0] == "weight_ih_l0"
    clipped, gradient = (np.array(table[name], float) for name in ("clipped", "gradient"))
    whole = np.linalg.norm(gradient)
    expected = min(whole, clip_norm) if clip_norm else whole
    assert np.linalg.norm(clipped) == pytest.approx(expected, rel=1e-2)


def test_the_way_back_adds_up_in_words() -> None:
    found = update(RunConfig(cell="gru", hidden_size=3))
    last = len(found.window.targets)
    own = np.linalg.norm(found.update.read[-1])
    # Nothing comes later than the last time step.
    formula = text.formula(found, Place("back", last))
    assert formula.count(f"{own:.3g}") == 2
    assert r"\text{from later}}_{0}" in formula
