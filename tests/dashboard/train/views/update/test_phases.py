from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dashboard.train.live_run import LiveRun
from dashboard.train.views.base import SlowLook
from dashboard.train.views.update import text as slow_words
from dashboard.train.views.update.chart import slow_motion
from dashboard.train.views.update.phases import (
    BEAT,
    PHASES,
    Place,
    SlowMotion,
    after,
    beats,
    end_of,
)
from rnn_core import RunConfig
from rnn_core.tasks import DEFAULTS, TASKS
from tests.dashboard.clock import Clock
from tests.dashboard.sent_charts import rows


def update(config: RunConfig) -> SlowLook:
    run = LiveRun(config, clock=Clock(), engine="torch")
    run.step_once()
    look = run.look("slow")
    assert look is not None
    assert isinstance(look.found, SlowLook)
    return look.found


def strong(found: SlowLook, place: Place, name: str) -> list[dict[str, Any]]:
    """The rows that take part."""
    return [row for row in rows(slow_motion(found, place))[name] if row["lit"] == 1.0]


def test_the_phases_come_in_their_order_and_walk_along_the_window() -> None:
    shown = beats(1, 10)
    order = [place.phase for place in shown]
    assert sorted(order, key=PHASES.index) == order
    assert set(order) == set(PHASES)
    forward = [place.time_step for place in shown if place.phase == "forward"]
    back = [place.time_step for place in shown if place.phase == "back"]
    assert forward[:10] == list(range(1, 11))
    assert back[:10] == list(range(10, 0, -1))
    assert (forward[-1], back[-1]) == (10, 1)


def test_a_long_window_is_walked_in_longer_strides() -> None:
    forward = [place.time_step for place in beats(31, 50) if place.phase == "forward"]
    assert (forward[0], forward[-1]) == (31, 50)
    assert len(set(forward)) == 10
    assert all(later >= earlier for earlier, later in pairwise(forward))


def test_what_plays_follows_the_clock_and_ends() -> None:
    motion = SlowMotion(7, 100.0)
    shown = beats(1, 4)
    for number, place in enumerate(shown):
        assert motion.at(100.0 + (number + 0.5) * BEAT, 1, 4) == place
    assert motion.at(100.0 + (len(shown) + 0.5) * BEAT, 1, 4) is None


def test_after_the_last_phase_there_is_none() -> None:
    assert [after(phase) for phase in PHASES] == [*PHASES[1:], None]
    assert end_of("forward", 3, 9).time_step == 9
    assert end_of("back", 3, 9).time_step == 3


def test_forward_lights_what_has_been_read() -> None:
    found = update(RunConfig(hidden_size=3))
    place = Place("forward", 4)
    cells = strong(found, place, "cells")
    assert len(cells) == 4 * 3
    values = np.reshape([cell["value"] for cell in cells], (4, 3))
    np.testing.assert_allclose(values, found.window.unrolled.h[0, 1:5], rtol=1e-6)
    assert len(strong(found, place, "dots")) == 2 * 4  # inputs and predictions, no targets
    assert {arrow["kind"] for arrow in strong(found, place, "arrows")} == {"forward"}
    assert len(strong(found, place, "arrows")) == 3 * 4
    assert strong(found, place, "bars") == []


def test_the_way_back_lights_gradients_and_turns_the_arrows_round() -> None:
    found = update(RunConfig(hidden_size=3))
    place = Place("back", 8)
    cells = strong(found, place, "cells")
    assert {round(cell["left"] + 0.3) for cell in cells} == {8, 9, 10}
    all_cells = rows(slow_motion(found, place))["cells"]
    expected = found.update.hidden[0, 1:] / np.abs(found.update.hidden[0, 1:]).max()
    np.testing.assert_allclose([cell["value"] for cell in all_cells], expected.ravel(), atol=1e-12)
    # Out of predictions 8 to 10, and along from 10 to 9 and from 9 to 8.
    heads = strong(found, place, "heads")
    assert sorted(head["angle"] for head in heads) == [180.0] * 3 + [270.0] * 2
    assert {head["kind"] for head in heads} == {"back"}
    assert len(strong(found, place, "bars")) == 3


def test_gradients_stop_at_the_window_s_border() -> None:
    found = update(RunConfig(hidden_size=3))
    along = [arrow for arrow in strong(found, Place("back", 1), "arrows") if arrow["y"] == 2.5]
    assert len(along) == 9


@pytest.mark.parametrize("carried", [True, False])
def test_the_state_leaves_the_window_where_it_is_carried(carried: bool) -> None:
    found = update(RunConfig(hidden_size=3, carry_state=carried))
    place = Place("carry", 10)
    arrows = strong(found, place, "arrows")
    assert [arrow["x"] for arrow in arrows] == ([pytest.approx(10.3)] if carried else [])
    words = slow_words.explanation(found, place)
    assert ("starts from zeros" in words) is not carried
    if carried:
        norm = np.linalg.norm(found.window.unrolled.h[0, -1])
        assert f"{norm:.3g}" in slow_words.formula(found, place)


def test_the_losses_are_bars_relative_to_the_greatest() -> None:
    found = update(RunConfig(hidden_size=3))
    bars = strong(found, Place("loss", 1), "bars")
    heights = np.array([bar["high"] - bar["low"] for bar in bars])
    losses = found.update.losses
    np.testing.assert_allclose(heights / heights.max(), losses / losses.max(), rtol=1e-9)
    window = found.window
    prediction, target = window.unrolled.prediction[2, 0], window.targets[2, 0]
    formula = slow_words.formula(found, Place("loss", 3))
    assert f"({prediction:.2f} - ({target:.2f}))^2 = {losses[2]:.3g}" in formula
    assert f"{losses.mean():.4g}" in formula


@pytest.mark.parametrize(("clip_norm", "said"), [(None, "off"), (100.0, "within"), (1e-3, "above")])
def test_clipping_says_what_it_does(clip_norm: float | None, said: str) -> None:
    found = update(RunConfig(hidden_size=3, clip_norm=clip_norm))
    assert said in slow_words.explanation(found, Place("clip", 1))
    table = slow_words.parameters(found)
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
    formula = slow_words.formula(found, Place("back", last))
    assert formula.count(f"{own:.3g}") == 2
    assert r"\text{from later}}_{0}" in formula


@pytest.mark.parametrize("task", TASKS)
def test_every_phase_can_be_drawn_and_said_on_every_task(task: str) -> None:
    config = RunConfig(**{"task": task, **DEFAULTS[task], "hidden_size": 3})  # type: ignore[arg-type]
    found = update(config)
    last = len(found.window.targets)
    specs = []
    for phase in PHASES:
        place = Place(phase, last)
        chart = slow_motion(found, place)
        specs.append(chart.spec)
        assert slow_words.explanation(found, place)
        assert slow_words.formula(found, place).count("{") == slow_words.formula(
            found, place
        ).count("}")
    assert all(spec is specs[0] for spec in specs)  # what moves is data
