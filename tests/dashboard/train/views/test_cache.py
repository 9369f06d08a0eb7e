from __future__ import annotations

import json

import numpy as np
import pytest

from dashboard.train.live_run import LiveRun
from dashboard.train.views import text as look_words
from dashboard.train.views.base import (
    VIEWS,
    GatesLook,
    GradientLook,
    Look,
    MemoryLook,
    PhaseLook,
    SpectrumLook,
    WeightsLook,
)
from dashboard.train.views.charts import draw_look
from rnn_core import RunConfig, Trainer
from rnn_core.diagnostics import gates_over_time, gradient_by_lag, state_ablation, step_spectrum
from rnn_core.tasks import DEFAULTS, TASKS
from tests.dashboard.clock import Clock
from tests.dashboard.sent_charts import rows

INSIDE = [view for view in VIEWS if view != "state"]


def run_after(steps: int, config: RunConfig, clock: Clock | None = None) -> LiveRun:
    run = LiveRun(config, clock=clock or Clock(), engine="torch")
    if steps:
        run.play()
        run.tick(steps, 10**6)
        run.pause()
    return run


def trainer_at(step: int, config: RunConfig) -> Trainer:
    """A trainer that holds this step."""
    trainer = Trainer(config)
    for taken in trainer.steps():
        if taken.index == step:
            break
    return trainer


def look(run: LiveRun, view: str) -> Look:
    found = run.look(view)
    assert found is not None
    return found


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_looking_changes_nothing_that_follows(cell: str) -> None:
    config = RunConfig(cell=cell, hidden_size=6, num_layers=2, batch_size=2)
    looked_at, left_alone = run_after(3, config), run_after(3, config)
    for _ in range(4):
        for view in INSIDE:
            look(looked_at, view)
        looked_at.step_once()
        left_alone.step_once()
    np.testing.assert_array_equal(looked_at.frame().curve[1], left_alone.frame().curve[1])
    assert looked_at.frame().step == left_alone.frame().step


def test_a_look_is_that_of_the_step_on_screen() -> None:
    config = RunConfig(cell="lstm", hidden_size=5)
    run, trainer = run_after(7, config), trainer_at(7, config)
    at = trainer.context()
    found = look(run, "gates").found
    assert isinstance(found, GatesLook)
    assert found.gates is not None
    expected = gates_over_time(at.model, at.inputs, at.state)
    np.testing.assert_array_equal(found.gates.values["f"], expected.values["f"])
    np.testing.assert_allclose(found.gates.h[-1], run.frame().hidden, rtol=1e-4, atol=1e-6)
    found = look(run, "gradient").found
    assert isinstance(found, GradientLook)
    np.testing.assert_array_equal(
        found.by_lag.hidden, gradient_by_lag(at.model, at.inputs, at.state, at.targets).hidden
    )
    found = look(run, "spectrum").found
    assert isinstance(found, SpectrumLook)
    np.testing.assert_array_equal(
        found.step.eigenvalues,
        step_spectrum(at.model, at.inputs, at.state, at=[-1]).eigenvalues,
    )
    found = look(run, "memory").found
    assert isinstance(found, MemoryLook)
    ablation = state_ablation(trainer.model, trainer.task, start=7, windows=20, state=trainer.state)
    np.testing.assert_array_equal(found.ablation.reset, ablation.reset)


def test_while_playing_a_look_is_kept_for_a_moment_and_says_its_age() -> None:
    clock = Clock()
    run = LiveRun(RunConfig(hidden_size=4), clock=clock, engine="torch")
    run.play()
    run.tick(5, 100)
    first = look(run, "spectrum")
    run.tick(5, 100)
    assert look(run, "spectrum") is first
    assert (first.step, run.index) == (5, 10)
    clock.now = 1.0
    assert look(run, "spectrum").step == 10
    run.tick(5, 100)
    run.pause()
    assert look(run, "spectrum").step == 15  # at rest there is time


def test_at_rest_the_same_step_is_looked_at_once() -> None:
    run = run_after(4, RunConfig(hidden_size=4))
    first = look(run, "phase")
    assert look(run, "phase") is first
    run.step_once()
    assert look(run, "phase") is not first


def test_a_hasty_look_comes_first_and_never_after_a_thorough_one() -> None:
    run = run_after(3, RunConfig(hidden_size=4))
    preview = run.look("phase", preview=True)
    assert preview is not None
    assert isinstance(preview.found, PhaseLook)
    assert preview.found.fixed is None
    thorough = look(run, "phase")
    assert isinstance(thorough.found, PhaseLook)
    assert thorough.found.fixed is not None
    np.testing.assert_allclose(thorough.found.points[-1], preview.found.points[-1], atol=1e-12)
    assert run.look("phase", preview=True) is thorough
    run.look_back(1)
    at_once = run.look("phase", preview=True)
    assert at_once is not None
    assert isinstance(at_once.found, PhaseLook)
    assert (at_once.step, at_once.found.fixed) == (1, None)


def test_fixed_points_are_searched_for_at_rest_only() -> None:
    clock = Clock()
    run = LiveRun(RunConfig(hidden_size=4), clock=clock, engine="torch")
    run.play()
    run.tick(5, 100)
    found = look(run, "phase").found
    assert isinstance(found, PhaseLook)
    assert found.fixed is None
    run.pause()
    found = look(run, "phase").found
    assert isinstance(found, PhaseLook)
    assert found.fixed is not None
    assert len(found.fixed_at) == len(found.fixed.points)


def test_the_weights_change_is_that_since_the_look_before() -> None:
    config = RunConfig(hidden_size=4)
    run = run_after(2, config)
    assert "Train a step" in look_words.numbers(look(run, "weights"))
    run.step_once()
    found = look(run, "weights").found
    assert isinstance(found, WeightsLook)
    assert found.over == 1
    before, after = (
        trainer_at(step, config).model.rnn.weight_hh_l0.detach().numpy() for step in (2, 3)
    )
    ratio = np.linalg.norm(after - before) / np.linalg.norm(before)
    assert found.weights["rnn.weight_hh_l0"].update_ratio == pytest.approx(ratio, rel=1e-5)
    assert f"`rnn.weight_hh_l0` {ratio:.2g}" in look_words.numbers(look(run, "weights"))


def test_a_restart_forgets_what_was_seen() -> None:
    run = run_after(5, RunConfig(hidden_size=4))
    look(run, "phase")
    run.configure(RunConfig(hidden_size=5))
    assert look(run, "phase").step == 0


def test_after_divergence_the_last_look_stays() -> None:
    run = run_after(1, RunConfig(optimizer="sgd", lr=1.0))
    seen = look(run, "spectrum")
    run.play()
    run.tick(None, 10**6)
    assert run.look("spectrum") is seen
    assert run.look("gates") is None


@pytest.mark.parametrize("view", INSIDE)
@pytest.mark.parametrize("task", TASKS)
def test_every_view_can_be_drawn_on_every_task(view: str, task: str) -> None:
    config = RunConfig(
        task=task,
        **{**DEFAULTS[task], "cell": "gru", "hidden_size": 3, "batch_size": 2},  # type: ignore[arg-type]
    )
    run = run_after(1, config)
    taken = look(run, view)
    assert look_words.numbers(taken) or view in ("unrolled", "slow")
    charts = draw_look(taken, run.frame().floors)
    assert charts or (view == "free" and not run.frame().streaming)
    for chart, again in zip(charts, draw_look(taken, run.frame().floors), strict=True):
        assert chart.spec is again.spec
        assert chart.spec["title"]
        assert json.loads(json.dumps(chart.spec)) == chart.spec


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_a_name_and_all_but_the_state_a_way_to_read_it(view: str) -> None:
    assert look_words.view_name(view)
    if view != "state":
        assert look_words.how_to_read(view).format(windows=20).endswith(".")


def test_a_plain_rnn_has_no_gates_and_is_told_so() -> None:
    taken = look(run_after(1, RunConfig(hidden_size=3)), "gates")
    assert draw_look(taken, ()) == []
    assert look_words.numbers(taken).startswith("This cell has no gates.")


def test_the_gates_cells_are_the_gates() -> None:
    taken = look(run_after(2, RunConfig(cell="lstm", hidden_size=3)), "gates")
    assert isinstance(taken.found, GatesLook)
    assert taken.found.gates is not None
    (chart,) = draw_look(taken, ())
    cells = rows(chart)["cells"]
    assert len(cells) == 4 * 10 * 3
    names = [row["name"] for row in rows(chart)["names"]]
    assert [name[0] for name in names] == list(taken.found.gates.values)
    values = np.array([cell["value"] for cell in cells]).reshape(4, 10, 3)
    for number, letter in enumerate(taken.found.gates.values):
        np.testing.assert_allclose(values[number], taken.found.gates.values[letter][-1])


def test_the_gradients_line_and_the_saliency_are_what_was_computed() -> None:
    taken = look(run_after(2, RunConfig(cell="lstm", hidden_size=3)), "gradient")
    found = taken.found
    assert isinstance(found, GradientLook)
    by_lag, shares, saliency = (rows(chart) for chart in draw_look(taken, ()))
    found_shares = [row["share"] for row in shares["shares"]]
    np.testing.assert_allclose(found_shares, found.shares.share[-1])
    assert sum(found_shares) == pytest.approx(1)
    hidden = [row["norm"] for row in by_lag["lags"] if row["path"] == "h"]
    np.testing.assert_allclose(hidden, found.by_lag.hidden[-1])
    assert len(saliency["cells"]) == 10 * 11 / 2
    assert max(cell["value"] for cell in saliency["cells"]) == 1
    first = saliency["cells"][0]
    assert (first["left"], first["low"]) == (0.5, 0.5)
    assert first["value"] == pytest.approx(found.saliency[0, 0] / found.saliency.max())


def test_surgery_is_set_beside_the_floors() -> None:
    run = run_after(3, RunConfig(hidden_size=4))
    taken = look(run, "memory")
    assert isinstance(taken.found, MemoryLook)
    (chart,) = draw_look(taken, run.frame().floors)
    shown = rows(chart)
    assert [row["how"] for row in shown["losses"]] == ["carried", "reset", "shuffled"]
    assert shown["losses"][1]["loss"] == pytest.approx(taken.found.ablation.reset.mean())
    assert [row["loss"] for row in shown["floors"]] == pytest.approx([0.55, 0.55, 0.1])
