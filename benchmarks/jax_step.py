"""The training step in JAX, jitted whole: what a compiler for numbers makes of the same equations.

A window goes in and a loss and a prediction come out, as with `rnn_core.Trainer`: forward, loss,
gradient and Adam are one compiled function, whose weights, moments and state stay with JAX and are
donated from step to step.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

# One thread, as for the others. It must stand there before JAX looks.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from rnn_core import RecurrentModel, RunConfig, build_task
from rnn_core.tasks.stack import stacked

# A step of 80 µs takes 140 when another thread is to run it and this one waits for it anyway.
jax.config.update("jax_cpu_enable_async_dispatch", False)

Numbers = dict[str, Array]


def rnn_cell(from_x: Array, h: Array, weights: Numbers) -> Array:
    """h after one time step of `torch.nn.RNN`; ``from_x`` is W_ih x + b_ih."""
    return jnp.tanh(from_x + h @ weights["weight_hh"].T + weights["bias_hh"])


def lstm_cell(from_x: Array, state: tuple[Array, Array], weights: Numbers) -> tuple[Array, Array]:
    """(h, c) after one time step of `torch.nn.LSTM`."""
    h, c = state
    gates = from_x + h @ weights["weight_hh"].T + weights["bias_hh"]
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def gru_cell(from_x: Array, h: Array, weights: Numbers) -> Array:
    """h after one time step of `torch.nn.GRU`."""
    from_h = h @ weights["weight_hh"].T + weights["bias_hh"]
    (x_r, x_z, x_n), (h_r, h_z, h_n) = jnp.split(from_x, 3, -1), jnp.split(from_h, 3, -1)
    r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
    return (1 - z) * jnp.tanh(x_n + r * h_n) + z * h


CELLS: dict[str, Any] = {"rnn": rnn_cell, "lstm": lstm_cell, "gru": gru_cell}


def loss_of(
    weights: Numbers, state: Any, x: Array, y: Array, cell: str, unroll: int
) -> tuple[Array, tuple[Any, Array]]:
    """Mean squared error of a window (B, T, D), with the state after it and the prediction."""
    # The inputs' share of all gates is one product; only h's has to wait for the step before.
    from_x = x @ weights["weight_ih"].T + weights["bias_ih"]

    def advance(state: Any, from_x: Array) -> tuple[Any, Array]:
        state = CELLS[cell](from_x, state, weights)
        return state, state[0] if cell == "lstm" else state

    state, h = lax.scan(advance, state, from_x.swapaxes(0, 1), unroll=unroll)
    prediction = (h @ weights["out.weight"].T + weights["out.bias"]).swapaxes(0, 1)
    return jnp.mean((prediction - y) ** 2), (state, prediction)


#: Weights, Adam's two moments, the carried state, and updates done.
Run = tuple[Numbers, Numbers, Numbers, Any, Array]


def update(
    run: Run, x: Array, y: Array, lr: float, cell: str, unroll: int
) -> tuple[Run, Array, Array, Array]:
    """One step of a run, with its loss, its prediction and the norm of its gradient.

    Source: the algorithm in the documentation of torch.optim.Adam, with its defaults.
    """
    weights, first, second, state, count = run
    (loss, (state, prediction)), gradient = jax.value_and_grad(loss_of, has_aux=True)(
        weights, state, x, y, cell, unroll
    )
    count += 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    # 1 - βᵗ as PyTorch has it, in double: subtracted in float32, 1 - 0.999 is off by 5e-5.
    step_size = -lr / jnp.expm1(count * math.log(0.9))
    root = jnp.sqrt(-jnp.expm1(count * math.log(0.999)))
    weights = jax.tree.map(
        lambda w, m, v: w - step_size * m / (jnp.sqrt(v) / root + 1e-8), weights, first, second
    )
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradient)))
    return (weights, first, second, state, count), loss, prediction, norm


@partial(jax.jit, static_argnames=("cell", "unroll"), donate_argnums=(0,))
def train(
    run: Run, x: Array, y: Array, lr: float, cell: str, unroll: int
) -> tuple[Run, Array, Array]:
    """One step as one compiled function."""
    return update(run, x, y, lr, cell, unroll)[:3]


@partial(jax.jit, static_argnames=("cell", "unroll"), donate_argnums=(0,))
def train_many(
    run: Run, xs: Array, ys: Array, lr: float, cell: str, unroll: int
) -> tuple[Run, Array, Array]:
    """Many steps as one compiled function: losses and gradient norms."""

    def advance(run: Run, window: tuple[Array, Array]) -> tuple[Run, tuple[Array, Array]]:
        run, loss, _prediction, norm = update(run, *window, lr, cell, unroll)
        return run, (loss, norm)

    run, (losses, norms) = lax.scan(advance, run, (xs, ys))
    return run, losses, norms


def untrained(config: RunConfig, dtype: type[np.floating]) -> Run:
    """The weights of a `Trainer` with this config, before the first step."""
    weights = {
        name.removeprefix("rnn.").removesuffix("_l0"): jnp.array(parameter.detach().numpy(), dtype)
        for name, parameter in RecurrentModel(config).named_parameters()
    }
    first, second = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    h, c = (jnp.zeros((config.batch_size, config.hidden_size), dtype) for _ in range(2))
    state = (h, c) if config.cell == "lstm" else h
    return weights, first, second, state, jnp.array(0, dtype)


def jax_blocks(
    config: RunConfig, count: int, unroll: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Train ``count`` steps in each call and give losses and gradient norms, without end.

    In float32; the windows are made as `Trainer.advance` makes its own, all at once.
    """
    task = build_task(config)
    run, index = untrained(config, np.float32), 0
    while True:
        windows = stacked(task, index, count, np.float32)
        run, losses, norms = train_many(
            run, windows.inputs, windows.targets, config.lr, config.cell, unroll
        )
        yield np.asarray(losses), np.asarray(norms)
        index += count


def jax_losses(
    config: RunConfig, unroll: int = 1, dtype: type[np.floating] = np.float32
) -> Iterator[float]:
    """Train from the weights of a `Trainer` with this config and give its losses, without end.

    Each is waited for, and the prediction with it, as one does who draws both. float64 needs
    ``jax.enable_x64`` around the whole iteration.
    """
    task, run = build_task(config), untrained(config, dtype)
    index = 0
    while True:
        batch = task.batch(index, dtype)
        run, loss, prediction = train(
            run, batch.inputs, batch.targets, config.lr, config.cell, unroll
        )
        np.asarray(prediction)
        yield float(loss)
        index += 1
