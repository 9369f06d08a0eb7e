from __future__ import annotations

import pytest

from dashboard.learn.experiment import Runs
from dashboard.learn.registry import lesson
from rnn_core.messages import Message, translate


@pytest.mark.parametrize("seed", range(5))
def test_the_loop_is_flat_forgets_slowly_and_is_driven(seed: int) -> None:
    rows = {
        label.template: translate(value, str) if isinstance(value, Message) else value
        for label, value in lesson("portrait").measure(Runs(seed, "compiled")).rows
    }
    flat, radii, *_angle, points = rows.values()
    assert float(flat.rstrip("%")) > 95
    before, after = map(float, radii.split(", "))
    assert before < 0.7 < after < 1.1
    assert points == "1, of which 1 stable"
