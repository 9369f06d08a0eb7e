from __future__ import annotations

import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.lessons.carry.lesson import error_by_place, error_without_detach
from dashboard.learn.registry import lesson
from rnn_core import RunConfig
from tests.dashboard.learn.staged import StagedRuns


def test_without_detach_pytorch_refuses_the_second_window() -> None:
    said = error_without_detach(RunConfig())
    assert said == "Trying to backward through the graph a second time"


@pytest.mark.parametrize("seed", range(5))
def test_with_a_reset_state_the_first_point_costs_one_and_the_others_nothing(seed: int) -> None:
    found = lesson("carry")
    reset = found.variants[0].config
    assert not reset.carry_state
    first, others = error_by_place(Runs(seed, "compiled").train(reset, found.steps))
    assert abs(first - 1) < 0.1
    assert others < 0.01


@pytest.mark.parametrize("seed", range(5))
def test_a_carried_state_gets_far_below_the_floor_of_a_reset_one(seed: int) -> None:
    found = lesson("carry")
    carried = Runs(seed, "compiled").train(found.variants[1].config, found.steps)
    assert carried.held_out < carried.floors["window_memory"].value / 2


@pytest.mark.parametrize(("loss", "option"), [(0.0499, 2), (0.0501, 1), (0.1999, 1), (0.2001, 0)])
def test_how_a_run_ends_decides_which_prediction_was_right(loss: float, option: int) -> None:
    found = lesson("carry").measure(StagedRuns(held_out=loss))
    assert found.option == option
