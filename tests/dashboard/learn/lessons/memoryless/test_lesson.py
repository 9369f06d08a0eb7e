from __future__ import annotations

import numpy as np
import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.registry import lesson
from tests.dashboard.learn.staged import StagedRuns


def test_without_memory_the_past_makes_no_difference_and_the_rest_is_trained() -> None:
    variant = lesson("memoryless").variants[0]
    trained = Runs(0, "torch").train(variant.config, 10, prepare=variant.prepare)
    window = trained.trainer.task.batch(3, np.float32).inputs
    whole, _state = trained.trainer.predict(window)
    alone, _state = trained.trainer.predict(window.reshape(-1, 1, 1))
    np.testing.assert_allclose(whole[0, :, 0], alone[:, 0, 0], atol=1e-6)
    before = Runs(0, "torch").train(variant.config, 0, prepare=variant.prepare).trainer.model
    for name, parameter in trained.trainer.model.named_parameters():
        same = parameter.equal(dict(before.named_parameters())[name])
        assert same == (name == "rnn.weight_hh_l0")


@pytest.mark.parametrize(("loss", "option"), [(0.496, 1), (0.494, 2), (0.1, 2), (0.099, 0)])
def test_how_a_run_ends_decides_which_prediction_was_right(loss: float, option: int) -> None:
    found = lesson("memoryless").measure(StagedRuns(held_out=loss))
    assert found.option == option
