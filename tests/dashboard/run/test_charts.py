from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dashboard.app.language import use_language
from dashboard.charts.base import Chart
from dashboard.run import charts
from dashboard.run.frame import Frame
from dashboard.run.live_run import LiveRun
from rnn_core import RunConfig
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, plot_size, tables

DRAWERS = [charts.loss]


def frame_after(steps: int, config: RunConfig | None = None, *, playing: bool = False) -> Frame:
    run = LiveRun(config or RunConfig(), clock=lambda: 0.0)
    if steps:
        run.play()
        run.tick(steps, 10**6)
    if not playing:
        run.pause()
    return run.frame()


def layers(chart: Chart) -> list[dict[str, Any]]:
    return list(chart.spec["layer"])


@pytest.mark.parametrize("draw", DRAWERS)
def test_a_specification_is_the_same_object_from_frame_to_frame(draw: Any) -> None:
    run = LiveRun(RunConfig(), clock=lambda: 0.0)
    first = draw(run.frame())
    run.play()
    for _ in range(3):
        run.tick(7, 1000)
        later = draw(run.frame())
        assert later.spec is first.spec
        assert later.alt == first.alt


@pytest.mark.parametrize("draw", DRAWERS)
@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        RunConfig(cell="lstm", batch_size=3, num_layers=2),
        RunConfig(window_length=200, points_per_period=50, hidden_size=256),
        RunConfig(window_length=2, hidden_size=1, amplitude=10.0, noise_std=0.5, frequency=1.3),
    ],
)
def test_every_chart_has_title_axes_and_exactly_the_data_it_names(
    draw: Any, config: RunConfig
) -> None:
    chart = draw(frame_after(9, config))
    assert chart.spec["title"]
    assert datasets_in(chart.spec) == set(chart.tables)
    assert json.loads(json.dumps(chart.spec)) == chart.spec
    titles = [
        channel["title"]
        for layer in layers(chart)
        for name, channel in layer["encoding"].items()
        if name in ("x", "y") and "title" in channel
    ]
    assert len(set(titles)) == 2
    assert all(titles)


@pytest.mark.parametrize("draw", DRAWERS)
def test_hovering_is_answered_when_still_and_costs_nothing_while_playing(draw: Any) -> None:
    chart = draw(frame_after(9))
    still, playing = tables(chart)["hover"], tables(draw(frame_after(9, playing=True)))["hover"]
    assert still.num_rows > 0
    assert playing.num_rows == 0
    assert playing.schema == still.schema
    assert any("tooltip" in layer["encoding"] for layer in layers(chart))


def test_the_loss_chart_draws_every_step_the_last_one_and_the_run_before() -> None:
    run = LiveRun(RunConfig(), clock=lambda: 0.0)
    run.play()
    run.tick(20, 100)
    run.configure(RunConfig(seed=1))
    run.tick(6, 100)
    run.pause()
    frame = run.frame()
    shown = tables(charts.loss(frame))
    np.testing.assert_array_equal(shown["now"]["loss"].to_numpy(), frame.curve[1])
    assert shown["head"].to_pylist() == [{"step": 6, "loss": frame.step.loss}]
    assert shown["before"].num_rows == 21


@pytest.mark.parametrize("restart", ["reset", "new seed", "branch"])
def test_the_loss_chart_keeps_its_size_when_a_long_run_begins_again(restart: str) -> None:
    run = LiveRun(RunConfig(hidden_size=4), clock=lambda: 0.0, engine="torch")
    run.play()
    run.tick(1500, 10**6)
    run.pause()
    before = plot_size(charts.loss(run.frame()))
    if restart == "reset":
        run.reset()
    elif restart == "new seed":
        run.configure(RunConfig(hidden_size=4, seed=1))
    else:
        run.look_back(3)
        run.branch()
    after = charts.loss(run.frame())
    shown = tables(after)["before"]["step"].to_pylist()
    assert shown
    assert max(shown) <= 20  # the margin beyond the axis is for the floors' names
    assert plot_size(after) == pytest.approx(before, rel=0.1)


def test_the_loss_axis_is_logarithmic_and_a_loss_of_zero_is_left_out() -> None:
    chart = charts.loss(frame_after(3))
    assert {
        layer["encoding"]["y"]["scale"]["type"]
        for layer in layers(chart)
        if "scale" in layer["encoding"]["y"]
    } == {"log"}
    curve = (np.array([0, 1]), np.array([0.5, 0.0]))
    shown = tables(charts.loss(replace(frame_after(3), curve=curve)))
    assert shown["now"].to_pylist() == [{"step": 0, "loss": 0.5}]


def test_charts_speak_the_language_in_use() -> None:
    frame = frame_after(0)
    try:
        use_language("zh_CN")
        chinese = charts.loss(frame)
    finally:
        use_language("en")
    assert chinese.spec["title"] == "损失"
    assert charts.loss(frame).spec["title"] == "Loss"


def test_the_point_on_the_loss_curve_is_the_step_on_screen() -> None:
    run = LiveRun(RunConfig(), clock=lambda: 0.0)
    run.play()
    run.tick(30, 1000)
    run.pause()
    newest = run.frame()
    run.look_back(12)
    losses = dict(zip(*(part.tolist() for part in newest.curve), strict=True))
    for frame, step in ((newest, 30), (run.frame(), 12)):
        assert tables(charts.loss(frame))["head"].to_pylist() == [
            {"step": step, "loss": losses[step]}
        ]


@pytest.mark.parametrize("small", [False, True])
def test_the_loss_looks_as_it_did_when_somebody_looked(small: bool) -> None:
    chart = charts.loss(frame_after(3, RunConfig(hidden_size=3)), small=small)
    expect_looks("loss-small" if small else "loss", [chart])
