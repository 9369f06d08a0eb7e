from __future__ import annotations

from types import SimpleNamespace

import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.registry import lesson
from rnn_core import build_task
from tests.dashboard.learn.staged import StagedRuns


def test_frozen_weights_do_well_next_door_and_worse_than_nothing_further_on() -> None:
    found = lesson("following").measure(Runs(0, "compiled"))
    near, constant = (float(str(value)) for _label, value in found.rows)
    assert near < 0.05
    assert constant == 0.5
    values = found.said.values
    assert values["online"] < values["inside"] < constant < values["loss"]


@pytest.mark.parametrize(
    ("share", "follows", "option"),
    [(0.999, False, 0), (0.999, True, 0), (1.001, True, 1), (1.001, False, 2)],
)
def test_how_a_run_ends_decides_which_prediction_was_right(
    share: float, follows: bool, option: int
) -> None:
    floors = build_task(lesson("following").variants[0].config).floors()
    (loss,) = (share * floor.value for floor in floors if floor.key == "window_memory")
    verdict = SimpleNamespace(online=0.01, follows_signal=follows, claim="nothing")
    found = lesson("following").measure(StagedRuns(held_out=loss, verdict=verdict))
    assert found.option == option
    assert "no better than a constant" in str(found.said)
    verdict.claim = "memoryless"
    again = lesson("following").measure(StagedRuns(held_out=loss, verdict=verdict))
    assert str(again.said).endswith(f"held-out loss {loss:.2g}.")
