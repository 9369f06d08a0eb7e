"""The losses of a run on the command line, as its file keeps them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rnn_core.experiments.run import Curve
from rnn_core.io.checkpoint import MOST_LOSSES, RunHistory


def history_of(
    curve: Curve,
    before: RunHistory | None,
    first: int,
    lr: float,
    clip_norm: float | None = None,
) -> RunHistory:
    """The history of a run after more steps; of a long run every k-th step and the last one.

    Args:
        curve: losses of the steps taken now.
        before: the history in the file that the run goes on from; None where it has none.
        first: number of the first step in ``curve``.
        lr: learning rate of these steps.
        clip_norm: norm that their gradients are clipped at; None for no clipping. A run that goes
            on keeps that of the file.
    """
    step = np.arange(first, first + len(curve.losses))
    loss, norm = curve.losses, curve.grad_norms
    held_out_step, held_out = np.empty(0, np.int64), np.empty((0, 3))
    lr_step, rates = np.array([first]), np.array([lr])
    clip_step: NDArray[np.int64] | None = np.array([first])
    clips: NDArray[np.float64] | None = np.array([np.inf if clip_norm is None else clip_norm])
    if before is not None:
        clip_step, clips = before.clip_step, before.clip_norm
        kept = before.step < first
        step = np.concatenate([before.step[kept], step])
        loss = np.concatenate([before.loss[kept], loss])
        norm = np.concatenate([before.grad_norm[kept], norm])
        held_out_step, held_out = before.held_out_step, before.held_out
        if not len(before.lr):
            lr_step = step[:1]
        elif before.lr[-1] == lr:
            lr_step, rates = before.lr_step, before.lr
        else:
            lr_step, rates = np.append(before.lr_step, first), np.append(before.lr, lr)
    every = -(-len(step) // (MOST_LOSSES - 1))
    chosen = np.unique(np.append(np.arange(0, len(step), every), len(step) - 1))
    return RunHistory(
        step[chosen],
        loss[chosen],
        norm[chosen],
        held_out_step,
        held_out,
        lr_step,
        rates,
        clip_step,
        clips,
    )


def with_evaluations(
    history: RunHistory, steps: NDArray[np.int64], losses: NDArray[np.float64]
) -> RunHistory:
    """The history with evaluations added; those it has of the same or later steps are replaced.

    Args:
        history: of the run.
        steps: of the evaluations, ascending, shape ``(K,)``.
        losses: held-out losses and the two ends of their 95 % intervals, ``(K, 3)``.
    """
    kept = history.held_out_step < (steps[0] if len(steps) else np.inf)
    return replace(
        history,
        held_out_step=np.concatenate([history.held_out_step[kept], steps]),
        held_out=np.concatenate([history.held_out[kept], losses]),
    )


def until(history: RunHistory, step: int) -> RunHistory:
    """The history without what is later than a step."""
    kept, judged = history.step <= step, history.held_out_step <= step
    rated = history.lr_step <= step
    clips = history.clip_step, history.clip_norm
    if history.clip_step is not None and history.clip_norm is not None:
        clipped = history.clip_step <= step
        clips = history.clip_step[clipped], history.clip_norm[clipped]
    return replace(
        history,
        step=history.step[kept],
        loss=history.loss[kept],
        grad_norm=history.grad_norm[kept],
        held_out_step=history.held_out_step[judged],
        held_out=history.held_out[judged],
        lr_step=history.lr_step[rated],
        lr=history.lr[rated],
        clip_step=clips[0],
        clip_norm=clips[1],
    )
