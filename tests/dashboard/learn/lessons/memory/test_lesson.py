from __future__ import annotations

import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.registry import lesson
from tests.dashboard.learn.staged import StagedRuns


def test_inputs_that_agree_get_predictions_that_part() -> None:
    found = lesson("memory").measure(Runs(0, "torch"))
    rising, falling = (float(str(value)) for _label, value in found.rows)
    assert rising > 0.3
    assert falling < -0.3
    one, other = (float(label.values["x"]) for label, _value in found.rows)
    assert one == pytest.approx(other, abs=1e-5)


def test_the_only_change_to_lesson_one_is_the_memory() -> None:
    before, now = (lesson(key).variants[0] for key in ("memoryless", "memory"))
    assert before.prepare is not None
    assert now.prepare is None
    assert before.config.to_dict() | {"lr": now.config.lr} == now.config.to_dict()


@pytest.mark.parametrize(("loss", "option"), [(0.496, 0), (0.494, 1), (0.1001, 1), (0.099, 2)])
def test_how_a_run_ends_decides_which_prediction_was_right(loss: float, option: int) -> None:
    found = lesson("memory").measure(StagedRuns(held_out=loss))
    assert found.option == option
