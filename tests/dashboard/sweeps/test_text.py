from __future__ import annotations

import pytest

from dashboard.app.language import use_language
from dashboard.sweeps.plan import plan
from dashboard.sweeps.text import (
    best_line,
    details,
    duration,
    errors,
    fixed_lines,
    importance_line,
    objective_name,
    plan_line,
    space_line,
    status_line,
    value_name_of,
    value_title,
)
from rnn_core.experiments.sweep import OBJECTIVES, Importance
from rnn_core.messages import unknown_choice
from tests.dashboard.sweeps.found_sweeps import point, snapshot, space


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (45, "45 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_lengths_of_time_are_rough(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_plan_says_how_much_there_is_to_do() -> None:
    said = plan_line(plan(space()), 2)
    assert said.startswith("Points: **4** · seeds each: 2 · runs in all: **8**, of 20 steps.")
    assert "worker processes: 2" in said
    assert plan_line(plan(space()), 0).endswith("of 20 steps. About 5 s on one core.")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("running", "Running · 3 of 4 points · about 2 s left"),
        ("queued", "Queued, sweeps before it: 0 · 3 of 4 points"),
        ("stopped", "Stopped · 3 of 4 points"),
        ("finished", "Finished · 3 of 4 points"),
    ],
)
def test_the_status_says_how_far_it_is(status: str, said: str) -> None:
    assert status_line(snapshot(status)) == said


def test_before_a_point_is_done_no_time_is_known() -> None:
    assert status_line(snapshot(points=())) == "Running · 0 of 0 points"
    assert best_line(snapshot(points=(point(0, {}),))) == "No point is done yet."
    failed = point(0, {}, state="failed", error="No room.")
    assert best_line(snapshot(points=(failed,))) == "No point has a value."


def test_the_best_point_is_named_with_its_spread() -> None:
    said = best_line(snapshot())
    assert said == "Best point: **0.15** (0.1–0.2) with cell GRU, learning rate 0.01"


def test_what_went_wrong_is_counted_and_told_once() -> None:
    failed = [
        point(number, {"cell": "gru", "lr": 0.02}, state="failed", error="No *room*.")
        for number in range(2)
    ]
    pruned = point(5, {"cell": "gru", "lr": 0.02}, state="pruned")
    found = snapshot(points=(*snapshot().points, *failed, pruned))
    assert details(found) == (
        "Points given up early: 1 · Points that failed: 2 · Networks that diverged: 2"
    )
    assert errors(found) == ["`No *room*.`"]
    assert details(snapshot(points=())) == ""


def test_what_all_points_have_is_listed() -> None:
    lines = fixed_lines(space(axes={"lr": [0.01, 0.02]}, first_seed=3)).split("  \n")
    assert lines[0] == "Task: **sin → cos**"
    assert lines.index("Hidden units: **32**") < lines.index("Points per window: **10**")
    assert {"Cell: **RNN**", "Optimizer: **Adam**", "Clipping: **off**"} < set(lines)
    assert "Seed: **3–4**" in lines
    assert not any(line.startswith("Learning rate") for line in lines)


def test_of_what_all_points_have_only_what_some_cell_reads_is_listed() -> None:
    said = fixed_lines(space(parameters=500, seeds=1, settings={}))
    assert "Hidden units: **by parameters**" in said
    assert "Seed: **0**" in said
    assert "Forget-gate bias" not in said  # neither an RNN nor a GRU has one
    axes = {"cell": ["rnn", "lstm"], "hidden_size": {"low": 2, "high": 9}}
    said = fixed_lines(space(axes=axes, sampler="random"))
    assert "Forget-gate bias: **PyTorch's default**" in said
    assert "Initialisation: **PyTorch**" in said
    assert fixed_lines(space(axes={"cell": ["rnn"]}, parameters=2)) == ""


def test_why_a_point_failed_is_told_in_the_language_of_the_page() -> None:
    refusal = unknown_choice("cell", "lstn*", ("lstm", "gru"))
    lost = point(
        0,
        {"cell": "gru", "lr": 0.02},
        state="failed",
        error=str(refusal),
        message=refusal.message,
    )
    try:
        use_language("zh_CN")
        (said,) = errors(snapshot(points=(lost,)))
    finally:
        use_language("en")
    assert said.startswith("未知的")
    assert "`'lstn*'`" in said


def test_every_objective_has_a_name_and_a_title() -> None:
    for key in OBJECTIVES:
        assert objective_name(key) != key
        assert value_title(key) != key
        assert value_name_of(key) != key
    named = objective_name("held_out_loss", validates=True)
    assert named == "validation loss of the last weights"
    assert objective_name("online_loss", validates=True) == objective_name("online_loss")


def test_a_link_tells_what_the_sweep_tries() -> None:
    assert space_line(space()) == (
        "**cell** RNN, GRU × **learning rate** 0.01, 0.02 · sin → cos · held-out loss of the last "
        "weights · 2 seeds a point, 20 steps each"
    )
    sampled = space(
        axes={"lr": {"low": 0.001, "high": 0.1}}, sampler="random", trials=3, parameters=500
    )
    said = space_line(sampled)
    assert said.startswith("**learning rate** 0.001…0.1 · ")
    assert said.endswith("at most 500 parameters")


def test_shares_say_for_what_they_hold() -> None:
    whole = Importance({"lr": 0.5}, 0.2, 0.3, 4, True)
    said = importance_line(whole, grid=True, over=True)
    assert "of this space and these seeds, not beyond" in said
    assert "Estimated" not in said
    one = Importance({"lr": 0.5}, 0.5, None, 20, False)
    said = importance_line(one, grid=False, over=True)
    assert "With one seed a point" in said
    assert "Estimated from 20 points" in said
    assert "once the whole grid is done" in importance_line(None, grid=True, over=False)
    assert "too few different values" in importance_line(None, grid=False, over=False)
    assert "too few different values" in importance_line(None, grid=True, over=True)
