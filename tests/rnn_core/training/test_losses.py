from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rnn_core.tasks import Criterion
from rnn_core.training.losses import check_targets, loss_slopes, losses

NUMBERS = np.random.default_rng(0)
PREDICTION = NUMBERS.standard_normal((5, 3))
SHARES = np.abs(NUMBERS.standard_normal((5, 3)))  # do not add up to 1


def by_torch(prediction: torch.Tensor, targets: np.ndarray, criterion: Criterion) -> torch.Tensor:
    wanted = torch.from_numpy(targets)
    if criterion == "mse":
        return nn.functional.mse_loss(prediction, wanted, reduction="none").mean(dim=1)
    return nn.functional.cross_entropy(prediction, wanted, reduction="none")


@pytest.mark.parametrize("targets", [SHARES, np.eye(3)[[0, 2, 1, 1, 0]]])
@pytest.mark.parametrize("criterion", ["mse", "cross_entropy"])
def test_losses_and_slopes_are_pytorchs(criterion: Criterion, targets: np.ndarray) -> None:
    prediction = torch.from_numpy(PREDICTION).clone().requires_grad_()
    expected = by_torch(prediction, targets, criterion)
    np.testing.assert_allclose(
        losses(PREDICTION, targets, criterion), expected.detach(), rtol=1e-12
    )
    (slopes,) = torch.autograd.grad(expected.sum(), prediction)
    np.testing.assert_allclose(
        loss_slopes(PREDICTION, targets, criterion), slopes, rtol=1e-10, atol=1e-14
    )


def test_large_predictions_do_not_overflow() -> None:
    prediction = np.array([[1000.0, 0.0]])
    assert losses(prediction, np.array([[0.0, 1.0]]), "cross_entropy") == pytest.approx(1000.0)
    np.testing.assert_allclose(
        loss_slopes(prediction, np.array([[0.0, 1.0]]), "cross_entropy"), [[1.0, -1.0]]
    )


def test_the_time_steps_that_count_are_found_and_others_may_be_nan() -> None:
    targets = np.where(np.arange(5)[:, None] == 2, np.nan, SHARES)
    loss_mask = np.arange(5) != 2
    found, times = check_targets(targets, loss_mask, PREDICTION)
    np.testing.assert_array_equal(times, [0, 1, 3, 4])
    np.testing.assert_array_equal(found, targets)
    np.testing.assert_array_equal(check_targets(SHARES, None, PREDICTION)[1], np.arange(5))


def test_targets_and_masks_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"targets must have shape \(5, 3\), got \(5, 2\)\."):
        check_targets(SHARES[:, :2], None, PREDICTION)
    for wrong in (np.ones(4, bool), np.zeros(5, bool), np.ones(5)):
        with pytest.raises(ValueError, match=r"loss_mask must be 5 booleans with at least one"):
            check_targets(SHARES, wrong, PREDICTION)
