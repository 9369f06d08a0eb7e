"""Networks that were trained elsewhere: ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``, and a readout.

Cell, sizes and number of layers follow from the shapes of the tensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from rnn_core.config import RunConfig
from rnn_core.io.weights import require_finite, require_shapes
from rnn_core.messages import N_, InvalidValue
from rnn_core.models import RecurrentModel

# Recurrent cells by the number of gates that stand in one weight matrix.
_CELLS = {1: "rnn", 3: "gru", 4: "lstm"}
_RECURRENT = re.compile(r"(?P<prefix>.*?)(?P<kind>weight|bias)_(?P<of>ih|hh)_l(?P<layer>\d+)")


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """A network from elsewhere.

    Args:
        config: the settings that the shapes tell, and the defaults for the others.
        weights: parameters by the names that they have here.
        input_size: features D that it reads.
        output_size: numbers K that it gives.
    """

    config: RunConfig
    weights: Mapping[str, Tensor]
    input_size: int
    output_size: int


def read_foreign(tensors: Mapping[str, Tensor]) -> Foreign:
    """The network that the shapes of these tensors tell.

    Raises:
        ValueError: with a sentence on why it is none that can be trained here.
    """
    layers, prefix = _recurrent(tensors)
    first, again = layers[0]["weight_ih"], layers[0].get("weight_hh")
    if again is None or again.dim() != 2 or first.dim() != 2:
        raise _unlike_pytorch(prefix)
    hidden, inputs = again.shape[1], first.shape[1]
    cell = _CELLS.get(first.shape[0] // max(1, hidden))
    if cell is None or first.shape[0] % hidden:
        raise _unlike_pytorch(prefix)
    rest = {name: each for name, each in tensors.items() if not _RECURRENT.fullmatch(name)}
    readouts = [n for n, each in rest.items() if each.dim() == 2 and each.shape[1] == hidden]
    if len(readouts) != 1 or len(rest) > 2:
        raise InvalidValue(
            N_(
                "The file must hold one linear layer that reads the {hidden} hidden units, found "
                "{names}. Save the recurrent layer and its readout alone."
            ),
            hidden=hidden,
            names=", ".join(sorted(rest)) or "–",
        )
    matrix = rest.pop(readouts[0])
    bias = next(iter(rest.values()), torch.zeros(len(matrix)))
    config = RunConfig.from_dict(
        {"cell": cell, "hidden_size": int(hidden), "num_layers": len(layers)}
    )
    model = RecurrentModel(config, input_size=int(inputs), output_size=len(matrix))
    weights: dict[str, Tensor] = {"out.weight": matrix, "out.bias": bias}
    for name, parameter in model.named_parameters():
        if name.startswith("rnn."):
            kind, _, layer = name.removeprefix("rnn.").rpartition("_l")
            weights[name] = layers[int(layer)].get(kind, torch.zeros_like(parameter))
    for name, each in weights.items():
        if not each.dtype.is_floating_point:
            raise InvalidValue(
                N_("{name} must hold floating-point numbers, got {dtype}. Dequantise it first."),
                name=name,
                dtype=str(each.dtype).removeprefix("torch."),
            )
    dtype = torch.float64 if matrix.dtype == torch.float64 else torch.float32
    ordered = {name: weights[name].to(dtype) for name, _ in model.named_parameters()}
    require_shapes(dict(model.named_parameters()), ordered)
    require_finite(ordered)
    return Foreign(config, MappingProxyType(ordered), int(inputs), len(matrix))


def _recurrent(tensors: Mapping[str, Tensor]) -> tuple[list[dict[str, Tensor]], str]:
    """The tensors of every layer by kind, and what their names begin with."""
    found: dict[str, dict[int, dict[str, Tensor]]] = {}
    for name, each in tensors.items():
        match = _RECURRENT.fullmatch(name)
        if match:
            layer = found.setdefault(match["prefix"], {}).setdefault(int(match["layer"]), {})
            layer[f"{match['kind']}_{match['of']}"] = each
    if any(re.search(r"_l\d+_reverse$|weight_hr_l\d+$", name) for name in tensors):
        raise InvalidValue(
            N_(
                "The recurrent layer is bidirectional or has a projection, which a run step by "
                "step cannot use. Train one without."
            )
        )
    if len(found) != 1:
        raise InvalidValue(
            N_(
                "The file must hold one nn.RNN, nn.LSTM or nn.GRU, found {count}. Its tensors are "
                "named like rnn.weight_ih_l0."
            ),
            count=len(found),
        )
    ((prefix, layers),) = found.items()
    if sorted(layers) != list(range(len(layers))) or any(
        "weight_ih" not in e for e in layers.values()
    ):
        raise _unlike_pytorch(prefix)
    return [layers[n] for n in range(len(layers))], prefix


def _unlike_pytorch(prefix: str) -> InvalidValue:
    return InvalidValue(
        N_(
            "The tensors {prefix}weight_ih_l0 and so on do not have the shapes of nn.RNN, nn.LSTM "
            "or nn.GRU. Save such a layer's state_dict."
        ),
        prefix=prefix,
    )
