from __future__ import annotations

import pytest

from dashboard.sweeps.shares import percent, shares
from rnn_core.experiments.sweep import Importance
from tests.dashboard.sent_charts import datasets_in, rows, svg
from tests.dashboard.sweeps.found_sweeps import space


def found(**more: object) -> Importance:
    given = {
        "settings": {"cell": 0.61, "lr": 0.0},
        "together": 0.15,
        "seeds": 0.24,
        "points": 4,
        "exact": True,
    }
    return Importance(**{**given, **more})  # type: ignore[arg-type]


def test_each_setting_several_and_the_seeds_have_a_bar() -> None:
    chart = shares(space(), found())
    assert [(row["name"], row["share"], row["kind"]) for row in rows(chart)["shares"]] == [
        ("Cell", 0.61, "setting"),
        ("Learning rate", 0.0, "setting"),
        ("Several together", 0.15, "together"),
        ("Seeds", 0.24, "seeds"),
    ]
    assert datasets_in(chart.spec) == set(chart.tables)
    drawn = svg(chart)
    assert "Seeds" in drawn
    assert "61\N{NO-BREAK SPACE}%" in drawn
    assert shares(space(), found(together=0.1)).spec is chart.spec


def test_with_one_seed_chance_has_no_bar_of_its_own() -> None:
    one = rows(shares(space(), found(seeds=None, together=0.39)))["shares"]
    assert one[-1]["name"] == "Several together, and chance"
    alone = found(seeds=None, settings={"lr": 0.7}, together=0.3)
    assert rows(shares(space(axes={"lr": [0.1, 0.2]}), alone))["shares"][-1]["name"] == "Chance"


@pytest.mark.parametrize(("share", "said"), [(0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %")])
def test_shares_are_in_percent(share: float, said: str) -> None:
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == said
