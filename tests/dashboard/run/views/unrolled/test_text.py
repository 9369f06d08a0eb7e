from __future__ import annotations

import re

import numpy as np
import pytest

from dashboard.run.views.unrolled.result import UnrolledResult
from dashboard.run.views.unrolled.text import formulas
from rnn_core import RunConfig
from tests.dashboard.runs import inspect, run_after


def window(config: RunConfig) -> UnrolledResult:
    result = inspect(run_after(2, config), "unrolled").result
    assert isinstance(result, UnrolledResult)
    return result


def results(text: str) -> list[float]:
    """What stands behind the last sign of equality on every line of numbers."""
    return [float(number) for number in re.findall(r"= (-?\d+\.\d\d)(?= \\\\|\\end)", text)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_formulas_hold_the_numbers_of_the_cell(cell: str, layers: int) -> None:
    found = window(RunConfig(cell=cell, hidden_size=3, num_layers=layers))
    values = {part: found.unrolled.parts[part][-1, 1:] for part in found.unrolled.parts}
    for step, unit in ((1, 1), (6, 3)):
        place = step - 1, unit - 1
        gates = [gate[unit - 1] for gate in found.unrolled.gates[-1, step - 1]]
        # A cell state is computed before h.
        expected = [*gates, *(part[place] for part in reversed(values.values()))]
        found_numbers = results(formulas(found.unrolled, step, unit))
        assert found_numbers == pytest.approx(expected, abs=0.0051)


def test_what_input_and_state_bring_adds_up() -> None:
    found = window(RunConfig(hidden_size=3))
    text = formulas(found.unrolled, 5, 2)
    brought = re.search(r"\\tanh\((-?\d+\.\d\d) ([+-]\d+\.\d\d)\) = (-?\d+\.\d\d)", text)
    assert brought
    from_input, from_state, h = (float(part) for part in brought.groups())
    assert np.tanh(from_input + from_state) == pytest.approx(h, abs=0.02)
    assert h == pytest.approx(found.unrolled.h[0, 5, 1], abs=0.0051)
