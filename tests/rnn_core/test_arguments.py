from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import arguments
from rnn_core.config import RunConfig


def test_an_object_of_the_class_passes_and_another_is_refused_in_the_houses_form() -> None:
    arguments.require("config", RunConfig(), RunConfig, "a RunConfig", "RunConfig()")
    with pytest.raises(TypeError) as caught:
        arguments.require("config", {}, RunConfig, "a RunConfig", "RunConfig()")
    assert str(caught.value) == "config must be a RunConfig, got {}. Try RunConfig()."


def test_what_can_be_called_passes() -> None:
    arguments.require_callable("build", len, "a function", "build_task")
    with pytest.raises(TypeError, match=r"build must be a function, got 3\. Try build_task"):
        arguments.require_callable("build", 3, "a function", "build_task")


def test_items_of_anything_but_a_text() -> None:
    assert arguments.items("at", (each for each in (1, 2)), "numbers", "[1]") == (1, 2)
    for value in ("ab", b"ab", 3):
        with pytest.raises(TypeError, match=r"at must be numbers, got .*\. Try"):
            arguments.items("at", value, "numbers", "[1]")


def test_numbers_within_limits() -> None:
    assert arguments.whole("first", np.int64(3), 0) == 3
    assert arguments.real("noise", 2, 0.5, 0.0) == 2.0
    assert arguments.number("loss", -(10**400), "0.5") == -np.inf
    with pytest.raises(TypeError, match=r"loss must be a number, got True\. Try 0\.5"):
        arguments.number("loss", True, "0.5")
    with pytest.raises(ValueError, match="first must be a whole number from 0 to"):
        arguments.whole("first", -1, 0)
    with pytest.raises(ValueError, match="noise must be a positive number"):
        arguments.real("noise", 0, 0.5, 0.0, open_low=True)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        np.array([1, 2], np.float16),
        np.array([1, 2], ">i2"),
        np.array([0, 1, 0, 2.0])[1::2],
        torch.tensor([1.0, 2.0], dtype=torch.bfloat16, requires_grad=True),
        torch.tensor([1, 2]),
    ],
)
def test_real_numbers_of_any_kind_become_a_copy_in_float64(values: Any) -> None:
    found = arguments.real_numbers("values", values, "[1.0]")
    np.testing.assert_array_equal(found, [1.0, 2.0])
    assert (found.dtype, found.flags.c_contiguous, found.flags.owndata) == (np.float64, True, True)


@pytest.mark.parametrize(
    "values", ["ab", [1, [2]], np.array([1j]), np.array([None]), torch.empty(2, device="meta")]
)
def test_what_is_no_real_number_is_refused(values: Any) -> None:
    with pytest.raises(TypeError, match=r"values must be real numbers, got .*\. Try \[1\.0\]\."):
        arguments.real_numbers("values", values, "[1.0]")


def test_states_of_the_right_parts_and_shape_pass() -> None:
    part = torch.zeros(2, 3, 4)
    arguments.require_state(None, 1, 2, 4)
    arguments.require_state(part, 1, 2, 4)
    arguments.require_state((part, part), 2, 2, 4, rows=3)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (3, TypeError),
        (torch.zeros(2, 3, 4).int(), TypeError),
        (torch.zeros(2, 3, 4, device="meta"), TypeError),
        ((torch.zeros(2, 3, 4),), ValueError),
        (torch.zeros(2, 4), ValueError),
        (torch.zeros(1, 3, 4), ValueError),
        (torch.zeros(2, 0, 4), ValueError),
        (torch.zeros(2, 1, 4), ValueError),
    ],
)
def test_other_states_are_refused(state: Any, kind: type[Exception]) -> None:
    with pytest.raises(
        kind, match=r"state must be a tensor \(2, 3, 4\), got [\s\S]*trainer\.state"
    ):
        arguments.require_state(state, 1, 2, 4, rows=3)
