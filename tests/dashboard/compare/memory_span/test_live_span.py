from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.app.playback import Status
from dashboard.compare.contenders import PRESETS, contenders
from dashboard.compare.memory_span import charts as span_charts
from dashboard.compare.memory_span import panel as span_panel
from dashboard.compare.memory_span import text as span_words
from dashboard.compare.memory_span.live_span import LiveSpan
from rnn_core import MemorySpan, RunConfig
from tests.dashboard.sent_charts import rows

BASE = RunConfig(task="delayed_recall", hidden_size=8, batch_size=8, lr=0.02)


def race(
    base: RunConfig = BASE, preset: str = "carry", seeds: int = 2, engine: str = "torch"
) -> LiveSpan:
    chosen = contenders(base, PRESETS[preset](base))
    return LiveSpan(chosen, seeds, clock=lambda: 0.0, engine=engine)


def after(steps: int, live: LiveSpan) -> LiveSpan:
    live.play()
    live.tick(steps, 10**6)
    live.pause()
    return live


def test_what_it_shows_is_the_race_of_the_core() -> None:
    live = after(120, race())
    core = MemorySpan([contender.config for contender in live.contenders], 2, engine="torch")
    for _, step in zip(range(121), core.steps(), strict=False):
        last = step
    frame = live.frame()
    assert frame.index == 120
    assert (frame.latest.delay, frame.latest.index) == (last.delay, last.index)
    np.testing.assert_array_equal(frame.latest.recent, last.recent)
    assert frame.spans == core.spans
    assert frame.active == core.active
    # The first rung is easy: somebody has passed it by now.
    assert max(frame.spans) >= 1


def test_the_curve_is_that_of_the_present_rung() -> None:
    live = race()
    for _ in range(130):
        live.step_once()
        frame = live.frame()
        assert frame.curve_steps[0] == 0
        assert frame.curve_steps[-1] == frame.latest.index
        assert frame.curve.shape == (len(frame.curve_steps), *frame.latest.recent.shape)
        np.testing.assert_array_equal(frame.curve[-1], frame.latest.recent)


def test_a_long_rung_is_thinned() -> None:
    # A learning rate too small to get anywhere: the first rung lasts as long as it may.
    live = after(1000, race(replace(BASE, lr=1e-6), seeds=1, engine="compiled"))
    frame = live.frame()
    assert frame.latest.delay == 1
    assert len(frame.curve_steps) <= 201
    assert set(np.diff(frame.curve_steps)) == {8}
    assert frame.curve_steps[0] == 0


def test_the_race_ends_when_nobody_is_left() -> None:
    live = race(replace(BASE, lr=1e-6), seeds=1, engine="compiled")
    live.play()
    live.tick(None, 10**6)
    frame = live.frame()
    assert frame.status is Status.FINISHED
    assert frame.spans == (0, 0)
    assert frame.index == frame.step_budget - 1
    live.play()
    live.step_once()
    assert live.frame().status is Status.FINISHED
    assert "it failed at 1" in span_words.verdict(frame)
    assert "The race is over" in span_words.status(frame, 100)
    live.reset()
    assert (live.index, live.status) == (0, Status.READY)


def test_what_a_race_has_of_its_own_does_not_start_it_again() -> None:
    live = after(5, race())
    other = replace(BASE, delay=9, window_length=40, seed=4)
    assert not live.configure(contenders(other, PRESETS["carry"](other)), 2, 0)
    assert live.index == 5
    smaller = replace(BASE, hidden_size=4)
    assert live.configure(contenders(smaller, PRESETS["carry"](smaller)), 2, 0)
    assert live.index == 0


def test_the_ladder_counts_the_networks_that_passed() -> None:
    live = after(150, race())
    frame = live.frame()
    shown = rows(span_charts.ladder(frame))["rungs"]
    expected = [
        (contender.name, result.delay, result.passed, f"{result.passed} / 2")
        for contender, results in zip(frame.contenders, frame.results, strict=True)
        for result in results
    ]
    assert [(r["contender"], r["delay"], r["passed"], r["label"]) for r in shown] == expected
    assert span_charts.ladder(frame).spec is span_charts.ladder(race().frame()).spec


def test_the_rung_shows_every_network_and_the_loss_to_reach() -> None:
    frame = after(30, race()).frame()
    chart = span_charts.rung(frame)
    lines = rows(chart)["lines"]
    assert {line["network"] for line in lines} == {0, 1, 2, 3}
    newest = [line["loss"] for line in lines if line["step"] == frame.latest.index]
    np.testing.assert_allclose(np.array(newest, float), frame.latest.recent.ravel())
    assert [line["loss"] for line in rows(chart)["thresholds"]] == frame.latest.threshold.tolist()


@pytest.mark.parametrize(
    ("sidebar", "expected"),
    [
        (RunConfig(cell="gru", hidden_size=5), {"cell": "gru", "hidden_size": 5, "lr": 0.01}),
        (RunConfig(task="adding", clip_norm=1.0, lr=0.005), {"clip_norm": None, "lr": 0.01}),
        (replace(BASE, lr=0.003), {"lr": 0.003, "batch_size": 8}),
    ],
)
def test_the_sidebars_network_is_trained_as_is_good_for_the_task(
    sidebar: RunConfig, expected: dict[str, object]
) -> None:
    config = span_panel.base(sidebar).to_dict()
    assert config["task"] == "delayed_recall"
    assert {name: config[name] for name in expected} == expected


def test_who_is_still_racing_is_said_so() -> None:
    frame = race().frame()
    said = span_words.verdict(frame)
    assert "**carried** remembers 0 steps so far" in said
    assert "2 networks each" in said
    assert "may be chance" in said
