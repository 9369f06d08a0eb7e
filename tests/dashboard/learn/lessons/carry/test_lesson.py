from __future__ import annotations

from dashboard.learn.experiment import Runs
from dashboard.learn.lessons.carry.lesson import error_by_place, error_without_detach
from dashboard.learn.registry import lesson
from rnn_core import RunConfig


def test_without_detach_pytorch_refuses_the_second_window() -> None:
    said = error_without_detach(RunConfig())
    assert said == "Trying to backward through the graph a second time"


def test_with_a_reset_state_the_first_point_costs_one_and_the_others_nothing() -> None:
    reset = lesson("carry").variants[0].config
    assert not reset.carry_state
    first, others = error_by_place(Runs(0, "compiled").train(reset, 1000))
    assert abs(first - 1) < 0.05
    assert others < 0.001
