from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from rnn_core.io import load_checkpoint


@pytest.mark.parametrize(("layer", "cell"), [(nn.RNN, "rnn"), (nn.GRU, "gru"), (nn.LSTM, "lstm")])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_weights_from_elsewhere_give_the_same_predictions(
    layer: type[nn.RNNBase], cell: str, bias: bool, dtype: torch.dtype
) -> None:
    theirs = layer(1, 5, num_layers=2, batch_first=True, bias=bias)
    readout = nn.Linear(5, 1, bias=bias)
    tensors = {f"encoder.{name}": each for name, each in theirs.state_dict().items()}
    tensors |= {f"head.{name}": each for name, each in readout.state_dict().items()}
    opened = load_checkpoint(save({name: each.to(dtype) for name, each in tensors.items()}))
    assert (opened.config.cell, opened.config.hidden_size, opened.config.num_layers) == (cell, 5, 2)
    assert opened.snapshot is None
    trainer = opened.trainer()
    inputs = np.random.default_rng(0).normal(size=(3, 7, 1))
    made, _state = trainer.predict(inputs)
    with torch.no_grad():
        expected = readout(theirs(torch.tensor(inputs, dtype=torch.float32))[0])
    tolerance = 5e-3 if dtype is torch.float16 else 1e-5
    np.testing.assert_allclose(made, expected.numpy(), atol=tolerance)
    trainer.advance(3)


def _state_dict(layer: nn.Module, readout: nn.Module | None = None) -> dict[str, torch.Tensor]:
    tensors = {f"rnn.{name}": each for name, each in layer.state_dict().items()}
    if readout is not None:
        tensors |= {f"out.{name}": each for name, each in readout.state_dict().items()}
    return tensors


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"a": torch.zeros(3)}, "must hold one nn.RNN, nn.LSTM or nn.GRU, found 0"),
        (_state_dict(nn.RNN(1, 4)), "one linear layer that reads the 4 hidden units, found –"),
        (_state_dict(nn.RNN(1, 4), nn.Linear(5, 1)), "reads the 4 hidden units, found out.bias"),
        (_state_dict(nn.GRU(1, 4, bidirectional=True), nn.Linear(8, 1)), "is bidirectional"),
        (_state_dict(nn.LSTM(1, 4, proj_size=2), nn.Linear(2, 1)), "has a projection"),
        (
            {**_state_dict(nn.RNN(1, 4), nn.Linear(4, 1)), "x.weight_ih_l0": torch.zeros(4, 1)},
            "found 2",
        ),
        (
            {"rnn.weight_ih_l0": torch.zeros(8, 1), "rnn.weight_hh_l0": torch.zeros(8, 4)},
            "do not have the shapes of nn.RNN",
        ),
        (_state_dict(nn.RNN(1, 300), nn.Linear(300, 1)), "hidden_size must be a whole number"),
        (_state_dict(nn.RNN(1, 4, num_layers=5), nn.Linear(4, 1)), "num_layers must be"),
        (
            {
                name: torch.zeros(each.shape, dtype=torch.int8)
                for name, each in _state_dict(nn.RNN(1, 4), nn.Linear(4, 1)).items()
            },
            "must hold floating-point numbers, got int8",
        ),
        (
            {
                name: torch.full(each.shape, torch.nan)
                for name, each in _state_dict(nn.RNN(1, 4), nn.Linear(4, 1)).items()
            },
            "numbers that are not finite",
        ),
    ],
)
def test_what_is_no_such_network_gets_a_sentence(
    tensors: dict[str, torch.Tensor], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load_checkpoint(save(tensors))


def test_a_network_with_other_sizes_than_the_task_gets_a_sentence() -> None:
    opened = load_checkpoint(save(_state_dict(nn.RNN(2, 4), nn.Linear(4, 1))))
    with pytest.raises(ValueError, match="The network has input_size 2, the task needs 1"):
        opened.trainer()


SOUND = _state_dict(nn.RNN(1, 4, num_layers=2), nn.Linear(4, 1))


@pytest.mark.parametrize(
    "changed",
    [
        {"rnn.weight_hh_l0": None},
        {"rnn.weight_hh_l0": torch.zeros(4)},
        {"rnn.weight_ih_l0": torch.zeros(4)},
        {"rnn.weight_ih_l0": torch.zeros(20, 1)},  # five gates
        {"rnn.weight_ih_l0": torch.zeros(9, 1)},  # two gates and a rest
        {"rnn.weight_ih_l1": None},
        {name: None for name in SOUND if name.endswith("_l0")},
    ],
)
def test_other_shapes_than_pytorchs_are_told_with_the_layers_name(
    changed: dict[str, torch.Tensor | None],
) -> None:
    tensors = {name: each for name, each in {**SOUND, **changed}.items() if each is not None}
    with pytest.raises(ValueError, match=r"^The tensors rnn\.weight_ih_l0 and so on do not have"):
        load_checkpoint(save(tensors))


def test_a_bias_may_be_missing_and_a_third_tensor_may_not() -> None:
    without = {name: each for name, each in SOUND.items() if name != "out.bias"}
    assert not load_checkpoint(save(without)).trainer().model.out.bias.any()
    with pytest.raises(ValueError, match=r"found more, out\.bias, out\.weight\. Save the"):
        load_checkpoint(save({**SOUND, "more": torch.zeros(3)}))
