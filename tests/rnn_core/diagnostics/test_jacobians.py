from __future__ import annotations

import numpy as np
import pytest

from rnn_core.diagnostics import unroll
from rnn_core.diagnostics.jacobians import step_jacobians
from tests.rnn_core.diagnostics.by_torch import CELLS, case, step_jacobian, visited


class Fixed:
    """A layer with given Jacobians."""

    def __init__(self, by_state: np.ndarray, by_input: np.ndarray) -> None:
        self._found = by_state[None], by_input[None]

    def jacobians(self) -> tuple[np.ndarray, np.ndarray]:
        return self._found

    def pull(self, *_arguments: object, **_more: object) -> None:
        raise AssertionError("not needed")


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_the_jacobian_of_a_step_is_autograds(cell: str, layers: int) -> None:
    example = case(cell, layers)
    states = visited(example)
    found = unroll(example.model, example.inputs, example.state).jacobians([0, 3])
    for jacobian, t in zip(found, (0, 3), strict=True):
        expected = step_jacobian(example.model, example.inputs[t], states[t])
        np.testing.assert_allclose(jacobian, expected, rtol=1e-9, atol=1e-14)


def test_one_layers_jacobian_is_its_own() -> None:
    by_state = np.array([[2.0, 1.0], [0.0, 3.0]])
    found = step_jacobians([Fixed(by_state, np.ones((2, 1)))])
    np.testing.assert_array_equal(found, by_state[None])


def test_a_layer_sees_the_state_below_through_its_input() -> None:
    lower = Fixed(np.array([[2.0]]), np.array([[9.0]]))
    upper = Fixed(np.array([[3.0]]), np.array([[5.0]]))
    found = step_jacobians([lower, upper])
    np.testing.assert_array_equal(found[0], [[2.0, 0.0], [5.0 * 2.0, 3.0]])


def test_parts_stand_by_part_and_then_by_layer() -> None:
    # One unit, parts h and c: own state by layer is (h, c), the whole one (h0, h1, c0, c1).
    lower = Fixed(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 1)))
    upper = Fixed(np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([[10.0], [20.0]]))
    found = step_jacobians([lower, upper])[0]
    expected = np.array(
        [
            [1.0, 0.0, 2.0, 0.0],
            [10.0, 5.0, 20.0, 6.0],
            [3.0, 0.0, 4.0, 0.0],
            [20.0, 7.0, 40.0, 8.0],
        ]
    )
    np.testing.assert_array_equal(found, expected)
