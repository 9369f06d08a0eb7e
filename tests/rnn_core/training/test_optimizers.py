from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from rnn_core import OPTIMIZERS, RunConfig, Trainer
from rnn_core.engines import kernels
from rnn_core.training.optimizers import do_without_compiler
from tests.rnn_core.runs import first

KINDS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}


def test_the_optimizers_are_torchs_adam_sgd_and_rmsprop() -> None:
    parameters = list(nn.Linear(1, 1).parameters())
    built = {name: type(each.build(parameters, RunConfig())) for name, each in OPTIMIZERS.items()}
    assert built == KINDS
    assert [each.title for each in OPTIMIZERS.values()] == ["Adam", "SGD", "RMSprop"]


@pytest.mark.parametrize("name", KINDS)
def test_an_optimizer_is_built_with_pytorchs_defaults_at_the_configs_rate(name: str) -> None:
    parameters = list(nn.Linear(1, 1).parameters())
    config = RunConfig(optimizer=name, lr=0.3, momentum=0.7)
    (ours,) = OPTIMIZERS[name].build(parameters, config).param_groups
    (theirs,) = KINDS[name](parameters, lr=0.3).param_groups  # type: ignore[operator]
    different = {key for key in theirs if ours[key] != theirs[key]} - {"fused"}
    assert different == ({"momentum"} if name == "sgd" else set())
    assert ours["lr"] == 0.3
    if name == "sgd":
        assert ours["momentum"] == 0.7


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("other", [0.0, 0.5])
def test_an_optimizer_reads_the_settings_it_names(name: str, other: float) -> None:
    runs = [
        first(4, Trainer(RunConfig(optimizer=name, lr=0.01, momentum=momentum)))
        for momentum in (0.9, other)
    ]
    assert (runs[0] != runs[1]) == ("momentum" in OPTIMIZERS[name].settings)


@pytest.mark.parametrize("name", KINDS)
def test_the_moments_are_those_of_pytorchs_state(name: str) -> None:
    trainer = Trainer(RunConfig(optimizer=name))
    first(2, trainer)
    state: dict[str, Any] = trainer.optimizer.state[trainer.model.out.weight]
    kept = {moment for moment in OPTIMIZERS[name].moments if moment is not None}
    assert set(state) - {"step"} == kept


def test_every_optimizer_has_a_kernel_of_its_own() -> None:
    numbers = [getattr(kernels, str(each.kernel)) for each in OPTIMIZERS.values()]
    assert numbers == [kernels.ADAM, kernels.SGD, kernels.RMSPROP]


def test_pytorchs_compiler_is_not_asked_where_to_stop() -> None:
    do_without_compiler()
    excluded = vars(torch.optim.Optimizer)["add_param_group"].__wrapped__
    assert vars(excluded)["__dynamo_disable"] is excluded
