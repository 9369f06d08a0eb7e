from __future__ import annotations

import math

import pytest

from dashboard.sweeps.parallel import (
    MOST_LINES,
    Ruler,
    parallel,
    state_name,
    value_ruler,
    value_ticks,
)
from rnn_core.experiments.sweep import Choices, Span
from tests.dashboard.sent_charts import datasets_in, rows, svg
from tests.dashboard.sweeps.found_sweeps import point, points, space

RATES = {"low": 0.001, "high": 0.1, "log": True}


def test_values_stand_in_their_order_and_numbers_grow_upwards() -> None:
    cells = Ruler.of("cell", Choices(("rnn", "lstm", "gru")), grid=True)
    assert [cells.level(cell) for cell in ("rnn", "lstm", "gru")] == [0.0, 0.5, 1.0]
    assert cells.ticks() == [(0.0, "RNN"), (0.5, "LSTM"), (1.0, "GRU")]
    rates = Ruler.of("lr", Choices((0.1, 0.01)), grid=True)
    assert (rates.level(0.01), rates.level(0.1)) == (0.0, 1.0)
    assert Ruler.of("lr", Choices((0.1,)), grid=True).level(0.1) == 0.5
    many = Ruler.of("hidden_size", Choices(tuple(range(1, 31))), grid=True)
    assert len(many.ticks()) <= 7


def test_sampled_values_stand_where_they_are() -> None:
    rates = Ruler.of("lr", Span(0.001, 0.1, log=True), grid=False)
    assert rates.level(0.01) == pytest.approx(0.5)
    assert [label for _level, label in rates.ticks()] == ["0.001", "0.01", "0.1"]
    sizes = Ruler.of("hidden_size", Span(4, 8, whole=True), grid=False)
    assert sizes.level(5) == 0.25
    assert rates.bundle == 0


def test_the_axis_of_values_has_powers_of_ten_or_its_ends() -> None:
    assert [label for _level, label in value_ticks(value_ruler([2e-5, 0.3, math.inf]))] == [
        "1e-4",
        "1e-3",
        "0.01",
        "0.1",
    ]
    assert [label for _level, label in value_ticks(value_ruler([0.2, 0.4]))] == ["0.2", "0.4"]
    assert value_ticks(value_ruler([])) == [(0.5, "1")]
    assert len(value_ticks(value_ruler([0.0, 1.0]))) <= 7


def test_a_line_leads_from_the_settings_to_the_median() -> None:
    chart = parallel(space(), points())
    found = rows(chart)
    best = [row for row in found["lines"] if row["point"] == "cell GRU, lr 0.01"]
    assert [row["axis"] for row in best] == [0, 1, 2]
    assert [row["level"] for row in best] == pytest.approx([0.95, -0.05, 0.0], abs=0.03)
    assert [row["median"] for row in best] == pytest.approx([0.15] * 3)
    # Each corner knows the whole point, so that a brush on one axis keeps or leaves the line.
    assert {tuple(row[f"v{number}"] for number in range(3)) for row in best} == {(1.0, 0.0, 0.0)}
    worst = [row for row in found["lines"] if row["point"] == "cell RNN, lr 0.01"]
    assert worst[-1]["level"] == 1.0
    assert [row["level"] for row in found["dots"]] == [0.0, 1.0]


def test_the_best_of_a_value_is_lowest_within_its_bundle() -> None:
    found = rows(parallel(space(), points()))["lines"]
    at_rate = [row["level"] for row in found if row["axis"] == 1]
    assert at_rate == sorted(at_rate)
    assert at_rate[0] < at_rate[1]


def test_points_without_a_value_end_above_and_say_why() -> None:
    pruned = point(4, {"cell": "gru", "lr": 0.02}, state="pruned")
    failed = point(5, {"cell": "gru", "lr": 0.02}, state="failed")
    early = point(6, {}, state="pruned")
    found = rows(parallel(space(), (*points(), pruned, failed, early)))
    assert [(row["sign"], row["said"]) for row in found["ends"]] == [
        ("×", "infinite"),
        ("–", "given up early"),
        ("!", "failed"),
    ]
    heights = [row["level"] for row in found["ends"]]
    assert 1 < heights[0] < heights[1] < heights[2]
    assert len(found["lost"]) == 3 * 3
    assert state_name("waiting") == "waiting"


def test_the_chart_is_drawn_and_its_specification_stays() -> None:
    chart = parallel(space(), points())
    assert datasets_in(chart.spec) == set(chart.tables)
    drawn = svg(chart)
    assert "GRU" in drawn
    assert "0.02" in drawn
    assert parallel(space(), ()).spec is chart.spec
    assert svg(parallel(space(), ()))
    sampled = space(axes={"lr": RATES}, sampler="random", trials=3)
    assert svg(parallel(sampled, [point(0, {"lr": 0.0123}, (0.1, 0.2))]))


def test_every_axis_has_a_brush() -> None:
    spec = parallel(space(), points()).spec
    brushes = [param for param in spec["params"] if param["name"].startswith("brush")]
    assert [each["name"] for each in brushes] == ["brush0", "brush1", "brush2"]
    assert all(each["select"]["encodings"] == ["y"] for each in brushes)


def test_there_are_no_more_marks_than_are_redrawn_in_place() -> None:
    axes = {"lr": [n / 1000 for n in range(1, 501)], "cell": ["rnn"]}
    many = space(axes=axes)
    found = [point(n, dict(each), (0.1, 0.2)) for n, each in enumerate(many.points() or ())]
    assert len(rows(parallel(many, found))["dots"]) == MOST_LINES
