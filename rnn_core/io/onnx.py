"""A trained network as an ONNX model of one time step.

PyTorch's exporter fixes the length of a window, or unrolls the layers over it. One step has no
length: whoever runs the model calls it once for every time step and hands the state on.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.arguments import require
from rnn_core.cells.base import Cell
from rnn_core.io.checkpoint import network_metadata
from rnn_core.messages import N_, InvalidValue
from rnn_core.models import RecurrentModel
from rnn_core.training.trainer import Trainer

# What the exporter is made of; the app does without.
_PACKAGES = ("onnx", "onnxscript")
# Rows of the example, and how far the model may be from the network on it.
_ROWS, _TOLERANCE = 3, 1e-5
_LOGGER = "torch.onnx._internal.exporter._registration"


class _Step(nn.Module):
    """One time step of a network, from its cell's equations."""

    def __init__(self, model: RecurrentModel) -> None:
        super().__init__()
        self.cell: Cell = model.cell
        self.layers = model.rnn.num_layers
        self.rnn = nn.ParameterDict(dict(model.rnn.named_parameters()))
        self.out = model.out

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Prediction ``(B, K)`` and the state after the step, from x ``(B, D)`` and the state."""
        assert self.cell.step is not None
        after = []
        for layer in range(self.layers):
            parts = tuple(part[layer] for part in state)
            parts = self.cell.step(torch, self._weights(layer), x, parts).state
            x = parts[0]
            after.append(parts)
        return self.out(x), *(torch.stack(part) for part in zip(*after, strict=True))

    def _weights(self, layer: int) -> Mapping[str, Tensor]:
        end = f"_l{layer}"
        return {
            name.removesuffix(end): weight
            for name, weight in self.rnn.items()
            if name.endswith(end)
        }


def onnx_step(trainer: Trainer) -> bytes:
    """One time step of a trained network as an ONNX model.

    Inputs are ``input``, shape ``(batch, D)``, and the state before the step, ``h_before`` (and
    ``c_before`` where the cell has one), ``(layers, batch, hidden)``; outputs are ``prediction``,
    ``(batch, K)``, and the state after it, ``h_after``. A sequence begins with zeros. Settings,
    columns and scaling stand in the model's metadata, as in `rnn_core.io.save_weights`.

    Args:
        trainer: the run; its present weights are taken.

    Returns:
        The file's bytes. Before, the model is compared with the network on random numbers.

    Raises:
        ValueError: when onnx or onnxscript is not installed, or the cell has no equations of one
            step or some that the exporter does not carry over to 1e-5.
    """
    require("trainer", trainer, Trainer, "a Trainer", "Trainer(RunConfig())")
    absent = [name for name in _PACKAGES if find_spec(name) is None]
    if absent:
        raise InvalidValue(
            N_("ONNX needs packages that are not installed: {names}. Try pip install {command}."),
            names=", ".join(absent),
            command=" ".join(_PACKAGES),
        )
    cell: Cell = trainer.model.cell
    if cell.step is None:
        raise _no_model(cell)
    network = _Step(trainer.model).eval()
    x, state = _example(trainer, cell)
    letters = cell.state_parts
    batch = torch.export.Dim("batch")
    try:
        with _quiet():
            program = torch.onnx.export(
                network,
                (x, state),
                dynamo=True,
                verbose=False,
                input_names=["input", *(f"{letter}_before" for letter in letters)],
                output_names=["prediction", *(f"{letter}_after" for letter in letters)],
                dynamic_shapes=({0: batch}, tuple({1: batch} for _ in letters)),
            )
    except (torch.onnx.OnnxExporterError, RuntimeError, TypeError, ValueError):
        raise _no_model(cell) from None
    assert program is not None
    program.model.metadata_props.update(network_metadata(trainer))
    model = program.model_proto
    _check(model, network, x, state, cell)
    return bytes(model.SerializeToString())


def _example(trainer: Trainer, cell: Cell) -> tuple[Tensor, tuple[Tensor, ...]]:
    """An input and a state; drawn apart from all generators of runs."""
    rnn, generator = trainer.model.rnn, torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=trainer.dtype)

    state = tuple(drawn(rnn.num_layers, _ROWS, rnn.hidden_size) for _ in cell.state_parts)
    return drawn(_ROWS, rnn.input_size), state


def _check(model: Any, network: _Step, x: Tensor, state: tuple[Tensor, ...], cell: Cell) -> None:
    """Refuse a model that computes something else, or takes no other number of rows."""
    from onnx.reference import ReferenceEvaluator

    rows_of = {0: model.graph.input[0], 1: model.graph.input[1]}
    if not all(given.type.tensor_type.shape.dim[axis].dim_param for axis, given in rows_of.items()):
        raise _no_model(cell)
    run = ReferenceEvaluator(model)
    for rows in (_ROWS, 1):
        given = x[:rows], tuple(part[:, :rows] for part in state)
        with torch.no_grad():
            wanted = network(*given)
        arrays = (given[0].numpy(), *(part.numpy() for part in given[1]))
        try:
            found = run.run(None, dict(zip(run.input_names, arrays, strict=True)))
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
            raise _no_model(cell) from None
        for one, other in zip(found, wanted, strict=True):
            if not np.allclose(one, other.numpy(), rtol=_TOLERANCE, atol=_TOLERANCE):
                raise _no_model(cell)


def _no_model(cell: Cell) -> InvalidValue:
    return InvalidValue(
        N_("PyTorch's exporter has no sure ONNX model of {cell}. Save the weights instead."),
        cell=cell.title,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of itself and of packages that it does not need."""
    logger = logging.getLogger(_LOGGER)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
