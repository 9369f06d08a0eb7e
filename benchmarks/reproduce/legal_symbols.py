"""Counting as schmidhuber-problems learns it: an error for every symbol that may be next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.reproduce.runs import Initialisation
from rnn_core import RecurrentModel, RunConfig
from rnn_core.tasks.counting import strings

_MOST = 10  # of each letter, in training
_CHECKED_EVERY = 200
_PEEPHOLES = ("peephole_i", "peephole_f", "peephole_o")


@dataclass(frozen=True, slots=True, eq=False)
class Strings:
    """Strings with n of each letter, and which symbols may come next.

    Args:
        inputs: one-hot, 0 after the string, shape ``(B, T, letters + 1)``.
        legal: 1 for each symbol that may be next, 0 after the string, shape
            ``(B, T, letters + 2)``: the letters, T, and S, which never may, but has an output in
            the source.
        within: which time steps are part of a string, shape ``(B, T)``.
    """

    inputs: Tensor
    legal: Tensor
    within: Tensor

    @classmethod
    def of(cls, n: NDArray[np.int64], letters: int) -> Strings:
        """The strings with these n, shape ``(B,)``."""
        symbols, following, within = strings(n, letters * int(n.max()) + 1, letters)
        inputs = np.eye(letters + 1, dtype=np.float32)[symbols]
        legal = np.eye(letters + 1, letters + 2, dtype=np.float32)[following]
        legal[symbols == 1, :2] = 1  # after an a, another a or the first b
        inside = within[:, :, None]
        return cls(*map(torch.from_numpy, (inputs * inside, legal * inside, within)))


class Stacked:
    """LSTMs of one shape, with their parameters stacked, so that each operation does for all.

    The engines know no loss with several right symbols, and PyTorch takes longest to begin an
    operation on networks as small as these.

    Args:
        models: with one layer of LSTM units, with or without peepholes.
    """

    def __init__(self, models: Sequence[RecurrentModel]) -> None:
        self._units = models[0].rnn.hidden_size
        named = [dict(model.named_parameters()) for model in models]
        self.parameters = {
            name.removeprefix("rnn.").removesuffix("_l0"): torch.stack(
                [each[name].detach() for each in named]
            ).requires_grad_(parameter.requires_grad)
            for name, parameter in named[0].items()
        }

    def logits(self, inputs: Tensor) -> Tensor:
        """What each network says of the same strings.

        Args:
            inputs: shape ``(B, T, D)``.

        Returns:
            Shape ``(S, B, T, K)``.
        """
        own = self.parameters
        bias = own["bias_ih"] + own["bias_hh"]
        by_input = torch.einsum("btd,sgd->tsbg", inputs, own["weight_ih"]) + bias[:, None]
        to_gates = own["weight_hh"].transpose(1, 2)
        peepholes = [own[name][:, None] if name in own else None for name in _PEEPHOLES]
        h = c = inputs.new_zeros(len(bias), len(inputs), self._units)
        outputs = []
        for drives in by_input:
            i, f, g, o = torch.baddbmm(drives, h, to_gates).chunk(4, dim=2)
            i, f = (
                torch.sigmoid(_seeing(x, c, p)) for x, p in zip((i, f), peepholes, strict=False)
            )
            c = torch.addcmul(f * c, i, torch.tanh(g))
            h = torch.sigmoid(_seeing(o, c, peepholes[2])) * torch.tanh(c)
            outputs.append(h)
        said = torch.einsum("tsbh,skh->sbtk", torch.stack(outputs), own["out.weight"])
        return said + own["out.bias"][:, None, None]


def _seeing(drive: Tensor, c: Tensor, peephole: Tensor | None) -> Tensor:
    return drive if peephole is None else torch.addcmul(drive, c, peephole)


def loss(logits: Tensor, given: Strings) -> Tensor:
    """The source's loss: binary cross-entropies, added up over all strings; shape ``(S,)``.

    Args:
        logits: shape ``(S, B, T, K)``.
        given: B strings.
    """
    errors = nn.functional.binary_cross_entropy_with_logits(
        logits, given.legal.expand_as(logits), reduction="none"
    )
    return (errors * given.within[:, :, None]).sum(dim=(1, 2, 3))


def reaches(logits: Tensor, given: Strings) -> NDArray[np.int64]:
    """The largest n such that all strings up to it are right, shape ``(S,)``.

    A string is right when at every time step exactly the legal symbols have a positive logit.

    Args:
        logits: shape ``(S, B, T, K)``.
        given: the strings with n = 1 … B, in order.
    """
    right = ((logits > 0) == (given.legal > 0)).all(dim=3) | ~given.within
    found: NDArray[np.int64] = right.all(dim=2).long().cumprod(dim=1).sum(dim=1).numpy()
    return found


def clip(gradients: Sequence[Tensor], most: float) -> None:
    """Scale each network's gradient to at most this norm, in place; networks are the first axis."""
    squares = torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients])
    scale = (most / squares.sum(dim=0).sqrt().clamp(min=1e-12)).clamp(max=1.0)
    for gradient in gradients:
        gradient *= scale.view(-1, *[1] * (gradient.ndim - 1))


def as_in_the_source(model: RecurrentModel, generator: torch.Generator) -> None:
    """Normal weights and peepholes; input gates start nearly shut, forget gates nearly open."""
    units = model.rnn.hidden_size
    for name, parameter in model.named_parameters():
        if "weight" in name or "peephole" in name:
            parameter.normal_(0, 0.1, generator=generator)
        else:
            parameter.zero_()
        if "bias_ih" in name:  # PyTorch's order: i, f, g, o
            parameter[:units], parameter[units : 2 * units] = -1.0, 1.0


def count(
    config: RunConfig,
    letters: int,
    how: Initialisation,
    updates: int,
    seeds: int,
    longest: int,
    *,
    enough: int | None = None,
    label: str = "",
) -> NDArray[np.float64]:
    """Train LSTMs as the source does, on one string per update with Adam, and let them count.

    Args:
        config: cell, hidden_size, forget_bias, single_bias, lr and clip_norm are read.
        letters: how many different ones.
        how: changes the initial weights.
        updates: at most.
        seeds: number of networks.
        longest: the longest strings that they count have this many of each letter.
        enough: a network stops at its first check, every 200 updates, with this reach; None trains
            all to the end.
        label: of the progress bar.

    Returns:
        The largest n such that all strings up to it are right, shape ``(S,)``.
    """
    models = [
        RecurrentModel(replace(config, seed=seed), input_size=letters + 1, output_size=letters + 2)
        for seed in range(seeds)
    ]
    with torch.no_grad():
        for seed, model in enumerate(models):
            how(model, torch.Generator().manual_seed(seed))
    stacked = Stacked(models)
    trained = [parameter for parameter in stacked.parameters.values() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=config.lr)
    given = [Strings.of(np.array([n]), letters) for n in range(1, _MOST + 1)]
    every = Strings.of(np.arange(1, longest + 1), letters)
    draws = np.random.default_rng(config.data_seed).integers(0, _MOST, updates)
    found, goes_on = np.zeros(seeds), np.ones(seeds, bool)
    with click.progressbar(draws, label=f"{label:28}", file=sys.stderr) as bar:
        for update, draw in enumerate(bar, start=1):
            optimizer.zero_grad()
            loss(stacked.logits(given[draw].inputs), given[draw]).sum().backward()
            clip(
                [each.grad for each in trained if each.grad is not None], config.clip_norm or np.inf
            )
            optimizer.step()
            if update % _CHECKED_EVERY and update < updates:
                continue
            if enough is None and update < updates:
                continue
            with torch.no_grad():
                reached = reaches(stacked.logits(every.inputs), every)
            found[goes_on] = reached[goes_on]
            if enough is not None:
                goes_on &= reached < enough
            if not goes_on.any():
                break
    return found
