from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from dashboard.run.views.phase_portrait import VIEW, PhasePortraitResult
from dashboard.run.views.registry import view
from rnn_core import RecurrentModel, RunConfig
from rnn_core.diagnostics import FixedPoints, Plane, find_fixed_points
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import rows
from tests.rnn_core.diagnostics.maps import keeper

SMALL = RunConfig(hidden_size=4)
PULSES = np.tile([[1.0], [-1.0]], (5, 1))


def test_a_preview_comes_first_and_never_after_a_thorough_result() -> None:
    run = run_after(3, SMALL)
    preview = inspect(run, "phase", preview=True).result
    assert preview.fixed is None
    thorough = inspect(run, "phase")
    assert thorough.result.fixed is not None
    np.testing.assert_allclose(thorough.result.points[-1], preview.points[-1], atol=1e-12)
    assert inspect(run, "phase", preview=True) is thorough
    run.look_back(1)
    at_once = inspect(run, "phase", preview=True)
    assert (at_once.step, at_once.result.fixed) == (1, None)


def test_fixed_points_are_searched_for_while_paused_only() -> None:
    run = run_after(0, SMALL)
    run.play()
    run.tick(5, 100)
    assert inspect(run, "phase").result.fixed is None
    run.pause()
    result = inspect(run, "phase").result
    assert len(result.fixed_at) == len(result.fixed.points)


@pytest.mark.parametrize(("cell", "searched"), [("rnn", 128), ("lstm", 64)])
def test_of_a_large_network_no_fixed_points_are_searched_for(cell: str, searched: int) -> None:
    def found(size: int) -> FixedPoints | None:
        result = inspect(run_after(1, RunConfig(cell=cell, hidden_size=size)), "phase").result
        fixed: FixedPoints | None = result.fixed
        return fixed

    largest = found(searched)
    assert largest is not None
    # The bound on time: 40,000,000 / (1000 + 128²), and a batch of 32 starts.
    assert largest.iterations < 2301 + 32 * 200
    assert found(searched + 1) is None


def test_the_plane_does_not_spin() -> None:
    run = run_after(20, SMALL)
    before = inspect(run, "phase", preview=True).result.plane.axes
    run.step_once()
    after = inspect(run, "phase", preview=True).result.plane.axes
    assert (np.sum(before * after, axis=1) > 0).all()


def test_the_path_holds_every_window_in_view() -> None:
    run = run_after(6, SMALL)
    result = inspect(run, "phase").result
    (chart,) = charts_of(run, "phase")
    path = rows(chart)["path"]
    assert [row["window"] for row in path] == [n for n in range(4) for _ in range(10)]
    np.testing.assert_allclose(
        [(row["x"], row["y"]) for row in path], np.concatenate(result.points)
    )
    assert {row["strength"] for row in path} == {0.25, 0.5, 0.75, 1.0}
    fixed = rows(chart)["fixed"]
    assert sorted(row["kind"] for row in fixed) == sorted(result.fixed.kinds)
    assert {row["name"] for row in fixed} <= {"stable", "saddle", "unstable", "slow point"}
    assert rows(chart)["continua"] == []


def test_variance_and_the_points_that_were_found_are_said() -> None:
    result = inspect(run_after(6, SMALL), "phase").result
    said = view("phase").numbers(result)
    assert f"{result.plane.explained.sum():.0%} of the state's variance" in said
    assert "Fixed points found at zero input: 1 (stable 1)." in said
    assert f"The search had {result.fixed.starts} starts; the last 256 found no new" in said


def test_slow_points_are_no_fixed_points_of_a_trained_gru() -> None:
    run = run_after(600, RunConfig(cell="gru"), engine="compiled")
    result = inspect(run, "phase").result
    (chart,) = charts_of(run, "phase")
    assert [row["kind"] for row in rows(chart)["fixed"] if row["kind"] != "slow"] == ["stable"]
    assert "Fixed points found at zero input: 1 (stable 1)." in view("phase").numbers(result)


def switch(bias: float) -> RecurrentModel:
    """h' = tanh(2 h + 3 x + bias)."""
    model = RecurrentModel(RunConfig(hidden_size=1), dtype=torch.float64)
    with torch.no_grad():
        for parameter, value in zip(model.rnn.parameters(), (3.0, 2.0, bias, 0.0), strict=True):
            parameter.fill_(value)
    return model


def shown(found: FixedPoints) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """What is said and drawn of fixed points, seen along the first axes."""
    hidden = found.top.shape[1]
    plane = Plane(np.zeros(hidden), np.eye(2, hidden), np.array([0.5, 0.25]))
    result = PhasePortraitResult((np.zeros((1, 2)),), plane, found, plane.project(found.top))
    (chart,) = VIEW.charts(result, VIEW.presentation())
    return VIEW.numbers(result), rows(chart)


def test_a_slow_point_has_a_mark_and_a_sentence_of_its_own() -> None:
    # Just beyond the fold of h = tanh(2 h + b), where two fixed points have met and vanished.
    model = switch(np.arctanh(-np.sqrt(0.5)) + 2 * np.sqrt(0.5) + 1e-3)
    said, drawn = shown(find_fixed_points(model, PULSES, patience=64))
    assert "Fixed points found at zero input: 1 (stable 1). Slow points: 1." in said
    # It is drawn first, so that no fixed point is hidden.
    assert [row["name"] for row in drawn["fixed"]] == ["slow point", "stable"]


def test_a_search_that_was_stopped_and_one_that_found_nothing_say_so() -> None:
    stopped = find_fixed_points(switch(0.0), PULSES, max_starts=70)
    said = shown(stopped)[0]
    assert "(stable 2, unstable in every direction 1)" in said
    assert "The search had 70 starts and was stopped to save time: there may be more" in said
    nothing = find_fixed_points(switch(np.nan), np.ones((9, 1)), patience=64)
    assert "No fixed point found at zero input. The search had 64 starts;" in shown(nothing)[0]


def test_a_line_of_fixed_points_is_one_thing_in_words_and_on_the_chart() -> None:
    found = find_fixed_points(keeper("gru", 1), np.ones((9, 1)), patience=64)
    said, drawn = shown(found)
    assert f"A line attractor at zero input: {len(found.points)} points found on it." in said
    assert "stable" not in said
    assert "No fixed point" not in said
    assert drawn["fixed"] == []
    along = [row["x"] for row in drawn["continua"]]
    assert sorted(along) in (along, along[::-1])
    assert len(along) == len(found.points)


def test_a_ring_is_drawn_closed_and_a_surface_as_dots() -> None:
    found = find_fixed_points(keeper("gru", 2), np.ones((9, 1)), patience=64)
    said, drawn = shown(found)
    assert "An attracting surface at zero input" in said
    assert {row["name"] for row in drawn["fixed"]} == {"surface"}
    assert drawn["continua"] == []
    as_ring = replace(found, continua=(replace(found.continua[0], kind="ring", attracting=False),))
    said, drawn = shown(as_ring)
    assert "An unstable ring of fixed points at zero input" in said
    line = drawn["continua"]
    assert len(line) == len(found.points) + 1
    assert (line[0]["x"], line[0]["y"]) == (line[-1]["x"], line[-1]["y"])


def test_every_mark_has_a_name_in_the_legend() -> None:
    (chart,) = charts_of(run_after(1, SMALL), "phase")
    shape = chart.spec["layer"][-1]["encoding"]["shape"]
    kinds = shape["scale"]["domain"]
    assert len(kinds) == len({*shape["scale"]["range"]}) == 7
    assert all(f"'{kind}': " in shape["legend"]["labelExpr"] for kind in kinds)
