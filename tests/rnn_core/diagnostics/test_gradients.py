from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import RecurrentModel, RunConfig, Trainer
from rnn_core.diagnostics import gradient_by_lag, saliency, shares_by_lag
from rnn_core.tasks import Criterion
from tests.rnn_core.diagnostics.by_torch import CELLS, LENGTH, OUTPUTS, Case, case, unrolled
from tests.rnn_core.runs import first

COUNTED = np.array([True, False, True, True, True, False])


def scalar_network(u: float, w: float, v: float) -> RecurrentModel:
    """h' = tanh(u x + w h), y = v h: with x = 0 it stays at 0, where tanh has slope 1."""
    model = RecurrentModel(RunConfig(hidden_size=1), dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.rnn.weight_ih_l0.fill_(u)
        model.rnn.weight_hh_l0.fill_(w)
        model.out.weight.fill_(v)
    return model


def loss_at(example: Case, prediction: Tensor, criterion: Criterion, t: int) -> Tensor:
    target = torch.from_numpy(example.targets[t])
    if criterion == "mse":
        return nn.functional.mse_loss(prediction[t], target)
    return nn.functional.cross_entropy(prediction[t], target)


# --- a scalar network: powers of its weight -----------------------------------------------


@pytest.mark.parametrize("w", [0.5, -0.9, 1.0, 1.5])
def test_of_a_scalar_network_every_gradient_is_a_power_of_its_weight(w: float) -> None:
    u, v, steps = 0.7, 2.0, 8
    model = scalar_network(u, w, v)
    rest = np.zeros((steps, 1))
    lags = np.arange(steps)
    found = gradient_by_lag(model, rest, None, np.full((steps, 1), -0.5))
    # The error is 0.5, its squared loss' slope 1.
    np.testing.assert_allclose(found.hidden[0], v * np.abs(w) ** np.arange(steps + 1), rtol=1e-14)
    ago = np.tril(lags[:, None] - lags[None, :])
    expected = np.tril(u * v * np.abs(w) ** ago)
    np.testing.assert_allclose(saliency(model, rest), expected, rtol=1e-14)


def test_the_shares_of_a_scalar_network_are_powers_too() -> None:
    w, start = 0.6, 1e-6  # so small that tanh is linear
    model = scalar_network(0.0, w, 1.0)
    steps = 5
    loss_mask = np.arange(steps) == steps - 1
    state = torch.full((1, 1, 1), start, dtype=torch.float64)
    targets = np.zeros((steps, 1))
    found = shares_by_lag(model, np.zeros((steps, 1)), state, targets, loss_mask=loss_mask)
    # h at the end is w⁵ · start: all five uses of w have an equal share.
    np.testing.assert_allclose(found.share, np.full((1, steps), 1 / steps), rtol=1e-9)
    h = w**steps * start
    np.testing.assert_allclose(found.norm, np.full((1, steps), 2 * h * h / w), rtol=1e-9)


# --- autograd -----------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ["mse", "cross_entropy"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_by_lag_is_autograds(cell: str, layers: int, criterion: Criterion) -> None:
    example = case(cell, layers)
    found = gradient_by_lag(
        example.model,
        example.inputs,
        example.state,
        example.targets,
        criterion=criterion,
        loss_mask=COUNTED,
    )
    nodes = unrolled(example)
    last = 4
    loss = loss_at(example, nodes.prediction, criterion, last)
    assert found.index == last
    assert list(found.norms) == (["h", "c"] if cell.endswith("lstm") else ["h"])
    for part, by_layer in found.norms.items():
        kinds = {"h": nodes.h, "c": nodes.c}[part]
        assert by_layer.shape == (layers, last + 2)
        for layer in range(layers):
            backwards = kinds[layer][last + 1 :: -1] if last + 1 else []
            gradients = torch.autograd.grad(loss, backwards, retain_graph=True)
            expected = [gradient.norm().item() for gradient in gradients]
            np.testing.assert_allclose(by_layer[layer], expected, rtol=1e-10)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_saliency_is_the_jacobian_of_pytorchs_own_layer(cell: str, layers: int) -> None:
    example = case(cell, layers)

    def predict(inputs: Tensor) -> Tensor:
        return example.model(inputs[None], example.state)[0][0]

    whole = torch.autograd.functional.jacobian(predict, torch.from_numpy(example.inputs))
    expected = whole.square().sum(dim=(1, 3)).sqrt()  # (T, K, T, D) to (T, T)
    found = saliency(example.model, example.inputs, example.state)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-15)
    assert (found[np.triu_indices(LENGTH, 1)] == 0).all()


def test_saliency_of_some_predictions_is_a_part_of_the_whole() -> None:
    example = case("lstm")
    given = (example.model, example.inputs, example.state)
    whole = saliency(*given)
    np.testing.assert_allclose(saliency(*given, at=[4, 0, 3]), whole[[4, 0, 3]], rtol=1e-12)
    for wrong in (-1, LENGTH):
        with pytest.raises(ValueError, match=rf"at must be time steps from 0 to 5, got {wrong}\."):
            saliency(*given, at=[wrong])


def parts_by_autograd(example: Case, criterion: Criterion) -> np.ndarray:
    """∂L/∂W_hh by layer and lag, from weights that every time step has of its own."""
    nodes = unrolled(example)
    depth = len(nodes.recurrent)
    parts = np.zeros((depth, LENGTH, *nodes.recurrent[0][0].shape))
    for t in np.flatnonzero(COUNTED):
        loss = loss_at(example, nodes.prediction, criterion, int(t)) / COUNTED.sum()
        for layer in range(depth):
            used = nodes.recurrent[layer][: t + 1]
            for s, part in enumerate(torch.autograd.grad(loss, used, retain_graph=True)):
                parts[layer, t - s] += part.numpy()
    return parts


@pytest.mark.parametrize("criterion", ["mse", "cross_entropy"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_parts_by_lag_are_autograds(cell: str, layers: int, criterion: Criterion) -> None:
    example = case(cell, layers)
    found = shares_by_lag(
        example.model,
        example.inputs,
        example.state,
        example.targets,
        criterion=criterion,
        loss_mask=COUNTED,
    )
    parts = parts_by_autograd(example, criterion)
    norms = np.linalg.norm(parts.reshape(layers, LENGTH, -1), axis=2)
    np.testing.assert_allclose(found.norm, norms, rtol=1e-9, atol=1e-15)
    for layer in range(layers):
        whole = parts[layer].sum(axis=0)
        expected = [np.vdot(part, whole) / np.vdot(whole, whole) for part in parts[layer]]
        np.testing.assert_allclose(found.share[layer], expected, rtol=1e-8, atol=1e-13)
    np.testing.assert_allclose(found.share.sum(axis=1), np.ones(layers), rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_the_top_layer_alone_has_the_same_parts(cell: str) -> None:
    example = case(cell)
    given = (example.model, example.inputs, example.state, example.targets)
    whole = shares_by_lag(*given, loss_mask=COUNTED)
    top = shares_by_lag(*given, loss_mask=COUNTED, top_layer=True)
    for field in ("norm", "share", "whole"):
        np.testing.assert_allclose(getattr(top, field), getattr(whole, field)[-1:], rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_a_longest_lag_leaves_the_shorter_ones_as_they_are(cell: str) -> None:
    example = case(cell)
    given = (example.model, example.inputs, example.state, example.targets)
    whole = shares_by_lag(*given)
    for longest in (0, 2, LENGTH, 100):
        found = shares_by_lag(*given, max_lag=longest)
        np.testing.assert_allclose(found.norm, whole.norm[:, : longest + 1], rtol=1e-12)


def test_with_one_time_step_all_of_the_gradient_has_lag_zero() -> None:
    trainer = Trainer(RunConfig(window_length=2), dtype=torch.float64)
    first(3, trainer)
    now = trainer.context()
    found = shares_by_lag(now.model, now.inputs[:1], now.state, now.targets[:1])
    np.testing.assert_allclose(found.share, [[1.0]])


@pytest.mark.parametrize("cell", CELLS)
def test_the_whole_is_the_gradient_that_training_uses(cell: str) -> None:
    trainer = Trainer(RunConfig(cell=cell, num_layers=2), dtype=torch.float64)
    first(6, trainer)
    now = trainer.context()
    found = shares_by_lag(now.model, now.inputs, now.state, now.targets)
    for layer in range(2):
        gradient = getattr(trainer.model.rnn, f"weight_hh_l{layer}").grad
        assert found.whole[layer] == pytest.approx(gradient.norm().item(), rel=1e-10)


def test_what_stands_at_steps_that_do_not_count_is_not_read() -> None:
    example = case("gru")
    spoilt = np.where(COUNTED[:, None], example.targets, np.nan)
    given = (example.model, example.inputs, example.state)
    for view in (gradient_by_lag, shares_by_lag):
        expected = view(*given, example.targets, loss_mask=COUNTED)
        found = view(*given, spoilt, loss_mask=COUNTED)
        field = "hidden" if view is gradient_by_lag else "norm"
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))


def test_where_nothing_is_wrong_no_lag_has_a_share() -> None:
    model = scalar_network(1.0, 0.5, 1.0)
    found = shares_by_lag(model, np.zeros((3, 1)), None, np.zeros((3, 1)))
    np.testing.assert_array_equal(found.norm, np.zeros((1, 3)))
    assert np.isnan(found.share).all()


@pytest.mark.parametrize("view", [gradient_by_lag, shares_by_lag])
def test_targets_and_marks_of_another_shape_are_refused(view: object) -> None:
    assert callable(view)
    example = case("rnn")
    given = (example.model, example.inputs, example.state)
    with pytest.raises(ValueError, match=r"targets must have shape \(6, 3\), got \(6, 2\)\."):
        view(*given, example.targets[:, : OUTPUTS - 1])
    for wrong in (COUNTED[:3], np.zeros(LENGTH, bool), np.ones(LENGTH)):
        with pytest.raises(
            ValueError, match=r"loss_mask must be 6 booleans with at least one True"
        ):
            view(*given, example.targets, loss_mask=wrong)


def test_a_negative_lag_is_refused() -> None:
    example = case("rnn")
    with pytest.raises(ValueError, match=r"max_lag must be at least 0, got -1\. Try 20\."):
        shares_by_lag(example.model, example.inputs, None, example.targets, max_lag=-1)
