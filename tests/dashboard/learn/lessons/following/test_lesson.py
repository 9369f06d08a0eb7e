from __future__ import annotations

from dashboard.learn.experiment import Runs
from dashboard.learn.registry import lesson


def test_frozen_weights_do_well_next_door_and_worse_than_nothing_further_on() -> None:
    found = lesson("following").measure(Runs(0, "compiled"))
    near, constant = (float(str(value)) for _label, value in found.rows)
    assert near < 0.05
    assert constant == 0.5
    values = found.said.values
    assert values["online"] < values["inside"] < constant < values["loss"]
