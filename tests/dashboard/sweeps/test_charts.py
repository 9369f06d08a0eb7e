from __future__ import annotations

import pytest

from dashboard.sweeps.charts import (
    Pictures,
    by_value,
    cell_panels,
    heat_map,
    learning_curves,
    pictures,
)
from tests.dashboard.sent_charts import datasets_in, rows, svg
from tests.dashboard.sweeps.found_sweeps import point, points, space

RATES = {"low": 0.001, "high": 0.1, "log": True, "points": 3}


@pytest.mark.parametrize(
    ("axes", "sampler", "wanted"),
    [
        ({"cell": ["rnn", "gru"], "lr": [0.1]}, "grid", Pictures("lr", "cell", ("",))),
        ({"lr": RATES, "hidden_size": [4, 8]}, "grid", Pictures("lr", "hidden_size", ("",))),
        (
            {"cell": ["rnn", "gru"], "lr": [0.1], "hidden_size": [4, 8]},
            "grid",
            Pictures("lr", "hidden_size", ("rnn", "gru")),
        ),
        ({"lr": [0.1, 0.2]}, "grid", Pictures("lr", "", ("",))),
        ({"cell": ["rnn", "gru"], "lr": RATES}, "random", Pictures("lr", "", ("",))),
    ],
)
def test_the_pictures_suit_the_space(axes: dict, sampler: str, wanted: Pictures) -> None:  # type: ignore[type-arg]
    assert pictures(space(axes=axes, sampler=sampler, trials=3)) == wanted


def test_a_heat_map_has_a_field_for_each_pair_and_a_cross_where_all_diverged() -> None:
    chart = heat_map(space(), points(), pictures(space()), "")
    found = rows(chart)
    assert [(row["across"], row["down"], row["median"]) for row in found["cells"]] == [
        ("0.01", "GRU", pytest.approx(0.15)),
        ("0.01", "RNN", 0.4),
    ]
    assert found["cells"][0]["spread"] == "0.1 – 0.2"
    assert [(row["across"], row["spread"]) for row in found["lost"]] == [("0.02", "none – none")]
    assert [row["median"] for row in found["range"]] == [pytest.approx(0.15), 0.4]
    assert "learning rate" in svg(chart)
    assert datasets_in(chart.spec) == set(chart.tables)


def test_panels_show_their_cell_on_one_scale_and_of_further_settings_the_best() -> None:
    axes = {"cell": ["rnn", "gru"], "lr": [0.01], "hidden_size": [4, 8], "delay": [1, 2]}
    wide = space(axes=axes)
    found = [
        point(0, {"cell": "rnn", "lr": 0.01, "hidden_size": 4, "delay": 1}, (0.5,)),
        point(1, {"cell": "rnn", "lr": 0.01, "hidden_size": 4, "delay": 2}, (0.4,)),
        point(2, {"cell": "gru", "lr": 0.01, "hidden_size": 8, "delay": 1}, (0.1,)),
    ]
    which = pictures(wide)
    rnn, gru = (heat_map(wide, found, which, panel) for panel in which.panels)
    (field,) = rows(rnn)["cells"]
    assert (field["median"], field["others"]) == (0.4, "cell RNN, delay 2")
    assert rows(rnn)["range"] == rows(gru)["range"]
    assert "RNN" in rnn.spec["title"]


def test_specifications_stay_while_points_come_in() -> None:
    which = pictures(space())
    for draw in (
        lambda some: heat_map(space(), some, which, ""),
        lambda some: learning_curves(space(), some),
        lambda some: by_value(space(), some, which),
    ):
        assert draw(points()).spec is draw(points()[:1]).spec
        assert svg(draw(()))


def test_sampled_points_stand_at_their_own_values() -> None:
    sampled = space(axes={"cell": ["rnn", "gru"], "lr": RATES}, sampler="random", trials=3)
    chart = by_value(sampled, points(), pictures(sampled))
    assert [(row["value"], row["low"], row["contender"]) for row in rows(chart)["points"]] == [
        (0.01, 0.1, "GRU"),
        (0.01, 0.3, "RNN"),
    ]
    assert "learning rate" in svg(chart)


def test_each_cell_has_one_thick_curve() -> None:
    found = rows(learning_curves(space(), points()))
    assert {row["point"] for row in found["leaders"]} == {"GRU, 0.01", "RNN, 0.01"}
    assert len({row["point"] for row in found["curves"]}) == 2  # without the diverged
    assert found["leaders"][0] == {"step": 0, "loss": 1.0, "point": "GRU, 0.01", "contender": "GRU"}


def test_cells_that_vary_have_a_panel_of_curves_each_on_one_scale() -> None:
    assert cell_panels(space()) == ("rnn", "gru")
    assert cell_panels(space(axes={"cell": ["gru"], "lr": [0.1, 0.2]})) == ("",)
    assert cell_panels(space(axes={"lr": [0.1, 0.2]})) == ("",)
    rnn, gru = (learning_curves(space(), points(), panel) for panel in cell_panels(space()))
    assert {row["contender"] for row in rows(rnn)["curves"]} == {"RNN"}
    assert {row["contender"] for row in rows(gru)["leaders"]} == {"GRU"}
    assert rows(rnn)["range"] == rows(gru)["range"] == [{"loss": 0.4}, {"loss": 1.0}]
    assert rows(gru)["bands"][-1] == {"step": 19, "low": 0.4, "high": 0.6, "contender": "GRU"}
    assert gru.spec["title"] == "GRU: Learning curves"
    assert datasets_in(gru.spec) == set(gru.tables)
    assert svg(gru, 250)
