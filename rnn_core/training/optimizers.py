"""The optimizers: PyTorch's own, as a config names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from rnn_core.config import RunConfig
from rnn_core.registry import OPTIMIZERS


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimizer.

    Args:
        name: as a config gives it.
        title: as its authors write it.
        build: trainable parameters and config to PyTorch's optimizer.
        settings: what it reads of the config besides ``lr``.
        kernel: name of its constant in `rnn_core.engines.kernels`; None where only PyTorch's
            engine has it.
        moments: PyTorch's names of its first and second moment in the optimizer's state; None for
            one that it does not keep.
        script: config to what `build` does with ``parameters`` in Python source, which reads
            ``LR``; None where that is not given.
    """

    name: str
    title: str
    build: Callable[[list[nn.Parameter], RunConfig], torch.optim.Optimizer]
    settings: tuple[str, ...] = ()
    kernel: str | None = None
    moments: tuple[str | None, str | None] = (None, None)
    script: Callable[[RunConfig], str] | None = None


ADAM = Optimizer(
    name="adam",
    title="Adam",
    build=lambda parameters, config: torch.optim.Adam(parameters, lr=config.lr, fused=True),
    kernel="ADAM",
    moments=("exp_avg", "exp_avg_sq"),
    script=lambda config: "torch.optim.Adam(parameters, lr=LR, fused=True)",
)
SGD = Optimizer(
    name="sgd",
    title="SGD",
    build=lambda parameters, config: torch.optim.SGD(
        parameters, lr=config.lr, momentum=config.momentum, fused=True
    ),
    settings=("momentum",),
    kernel="SGD",
    moments=("momentum_buffer", None),
    script=lambda config: (
        f"torch.optim.SGD(parameters, lr=LR, momentum={config.momentum!r}, fused=True)"
    ),
)
RMSPROP = Optimizer(
    name="rmsprop",
    title="RMSprop",
    build=lambda parameters, config: torch.optim.RMSprop(parameters, lr=config.lr),
    kernel="RMSPROP",
    moments=(None, "square_avg"),
    script=lambda config: "torch.optim.RMSprop(parameters, lr=LR)",
)

for _optimizer in (ADAM, SGD, RMSPROP):
    OPTIMIZERS.register(_optimizer)


def do_without_compiler() -> None:
    """Keep PyTorch's optimizers from importing `torch._dynamo` when made, and at their first step.

    They exclude some of their methods from compilation by `torch.compile`, and import the compiler
    to tell it so: 60 MB, and a second of the processor, which is more than all else between the
    start of a process and its first step. For programs of this project, which compile nothing by
    PyTorch; a library leaves PyTorch as it is.
    """
    for method in vars(torch.optim.Optimizer).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            # Where `torch._compile` keeps the excluded method once it has made it.
            setattr(plain, "__dynamo_disable", plain)
    for kind in vars(torch.optim).values():
        step: Any = vars(kind).get("step") if isinstance(kind, type) else None
        # Of an optimizer whose step can itself be differentiated, which ours are not.
        if getattr(getattr(step, "__code__", None), "co_name", "") == "_use_grad":
            kind.step = torch.no_grad()(step.__wrapped__)
