from __future__ import annotations

import numpy as np

from dashboard.train.views.registry import view
from rnn_core import RunConfig
from tests.dashboard.runs import charts_of, inspect, run_after
from tests.dashboard.sent_charts import rows

SMALL = RunConfig(hidden_size=4)


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


def test_of_a_large_network_no_fixed_points_are_searched_for() -> None:
    assert inspect(run_after(1, RunConfig(hidden_size=65)), "phase").result.fixed is None


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
    assert [row["kind"] for row in fixed] == list(result.fixed.kinds)


def test_variance_and_fixed_points_are_said() -> None:
    result = inspect(run_after(6, SMALL), "phase").result
    said = view("phase").numbers(result)
    assert f"{result.plane.explained.sum():.0%} of the state's variance" in said
    stable = sum(
        kind == "stable" and fixed
        for kind, fixed in zip(result.fixed.kinds, result.fixed.fixed, strict=True)
    )
    assert f"Fixed points at zero input: {stable} stable" in said
