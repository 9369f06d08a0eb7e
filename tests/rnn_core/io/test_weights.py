from __future__ import annotations

import pytest
import torch

from rnn_core.io.weights import different_shape, require_finite, require_shapes

NETWORK = {"a": torch.zeros(2, 3), "b": torch.zeros(4)}


def test_weights_that_fit_have_no_different_shape() -> None:
    assert different_shape(NETWORK, {"b": torch.ones(4), "a": torch.ones(2, 3)}) is None
    require_shapes(NETWORK, NETWORK)


def test_the_first_parameter_by_name_that_does_not_fit_is_named() -> None:
    found = different_shape(NETWORK, {"a": torch.ones(3, 2), "b": torch.ones(5)})
    assert found == ("a", (3, 2), (2, 3))
    assert different_shape(NETWORK, {"a": NETWORK["a"]}) == ("b", None, (4,))
    assert different_shape(NETWORK, {**NETWORK, "c": torch.ones(1)}) == ("c", (1,), None)
    with pytest.raises(ValueError, match=r"b has shape \(5,\), the settings need \(4,\)"):
        require_shapes(NETWORK, {**NETWORK, "b": torch.ones(5)})


@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_a_number_that_is_not_finite_is_named_by_its_parameter(number: float) -> None:
    require_finite(NETWORK)
    with pytest.raises(ValueError, match="b has numbers that are not finite"):
        require_finite({**NETWORK, "b": torch.tensor([0.0, number])})
