from __future__ import annotations

import numpy as np
import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.lessons.vanishing.lesson import arriving
from dashboard.learn.registry import lesson
from rnn_core import TASKS


def test_what_arrives_is_the_product_of_the_steps_jacobians() -> None:
    run = Runs(1, "torch").train(TASKS["sin_to_cos"].config(window_length=5, hidden_size=3), 0)
    now = run.trainer.context()
    parameters = {
        name: p.detach().double().numpy() for name, p in run.trainer.model.named_parameters()
    }
    states = [np.zeros(3)]
    for x in now.inputs:
        drive = parameters["rnn.weight_ih_l0"] @ x + parameters["rnn.bias_ih_l0"]
        drive += parameters["rnn.weight_hh_l0"] @ states[-1] + parameters["rnn.bias_hh_l0"]
        states.append(np.tanh(drive))
    gradient = parameters["out.weight"][0]
    last = np.linalg.norm(gradient)
    for state in states[:1:-1]:  # from the last time step to the second
        gradient = parameters["rnn.weight_hh_l0"].T @ (gradient * (1 - state**2))
    assert arriving(run) == pytest.approx(np.linalg.norm(gradient) / last, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_forget_bias_lets_more_than_a_hundred_times_as_much_through(seed: int) -> None:
    found = lesson("vanishing")
    plain, biased = (
        arriving(Runs(seed, "torch").train(found.variant(key).config, 0))
        for key in ("lstm", "biased")
    )
    assert biased > 100 * plain
