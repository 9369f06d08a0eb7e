"""Weights by name, checked against the network that they are meant for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from rnn_core.messages import N_, InvalidValue


class DifferentShape(NamedTuple):
    """A parameter whose shape is another one than expected.

    Attributes:
        name: of the parameter.
        found: its shape; None where there is no such tensor.
        expected: the network's; None where it has no such parameter.
    """

    name: str
    found: tuple[int, ...] | None
    expected: tuple[int, ...] | None


def different_shape(
    parameters: Mapping[str, Tensor], weights: Mapping[str, Tensor]
) -> DifferentShape | None:
    """The first parameter by name that weights do not fit; None where they fit all.

    Args:
        parameters: of the network.
        weights: meant for them.
    """
    expected = {name: tuple(each.shape) for name, each in parameters.items()}
    found = {name: tuple(each.shape) for name, each in weights.items()}
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            return DifferentShape(name, found.get(name), expected.get(name))
    return None


def require_shapes(parameters: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Raise ValueError when weights do not fit the parameters of a network."""
    different = different_shape(parameters, weights)
    if different:
        raise InvalidValue(
            N_("{name} has shape {found}, the settings need {expected}"), **different._asdict()
        )


def require_finite(weights: Mapping[str, Tensor]) -> None:
    """Raise ValueError when a number is not finite."""
    for name, each in weights.items():
        if not bool(torch.isfinite(each).all()):
            raise InvalidValue(
                N_("{name} has numbers that are not finite. The network has diverged."), name=name
            )
