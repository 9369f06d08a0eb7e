"""At lr 0.02 runs that have learnt collapse; neither clipping nor small steps prevent it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import TASKS, RunConfig
from rnn_core.messages import N_, Message

_ADAM = TASKS["sin_to_cos"].config()
_SGD = replace(_ADAM, optimizer="sgd", lr=0.1)
# What the schedule lowers the learning rate to.
_SMALL = replace(_ADAM, lr=0.002)
_STEPS, _LONGER, _SEEDS = 2500, 5000, 10
# Steps in a mean; below the first a run has learnt, above the second it has collapsed.
_MEAN, _LEARNT, _COLLAPSED = 20, 0.05, 0.2
# A schedule of one step: the update from which on the learning rate is the small one.
_LOWERED_AT = 500


def collapsed_steps(losses: NDArray[np.float64], since: int = 0) -> int:
    """For how many steps the mean loss was above 0.2 after it had once been below 0.05.

    Args:
        losses: of steps 0, 1, 2 …; one that is not finite counts as above.
        since: earlier steps do not count.
    """
    means = _means(losses)
    learnt = means < _LEARNT
    if not learnt.any():
        return 0
    later = means[max(int(learnt.argmax()), since) :]
    return int(np.sum(~(later <= _COLLAPSED)))


def has_learnt(losses: NDArray[np.float64]) -> bool:
    """Whether the mean loss of 20 steps was ever below 0.05."""
    return bool((_means(losses) < _LEARNT).any())


def _means(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(losses) < _MEAN:
        return np.empty(0)
    return np.convolve(losses, np.full(_MEAN, 1 / _MEAN), "valid")


def _measure(runs: Runs) -> Outcome:
    def each(
        config: RunConfig, steps: int = _STEPS, lr_later: float | None = None
    ) -> list[NDArray[np.float64]]:
        later = None if lr_later is None else (_LOWERED_AT, lr_later)
        return [
            runs.train(config, steps, lr_later=later, seed=seed).losses
            for seed in runs.seeds(_SEEDS)
        ]

    def collapses(all_losses: list[NDArray[np.float64]], since: int = 0) -> tuple[int, str]:
        lasted = [collapsed_steps(losses, since) for losses in all_losses]
        count = sum(steps > 0 for steps in lasted)
        return count, f"{count}/{_SEEDS} ({max(lasted)})"

    def learnt(all_losses: list[NDArray[np.float64]]) -> str:
        return f"{sum(map(has_learnt, all_losses))}/{_SEEDS}"

    throughout = each(_ADAM, _LONGER)
    adam = [losses[: _STEPS + 1] for losses in throughout]
    fell, told = collapses(adam)
    option = 0 if fell == 0 else 1 if fell <= _SEEDS // 2 else 2
    lowered = each(_ADAM, _LONGER, _SMALL.lr)
    return Outcome(
        option,
        Message(
            N_("Of {learnt} runs that had learnt, {fell} collapsed."),
            {"learnt": sum(map(has_learnt, adam)), "fell": fell},
        ),
        (
            (Message(N_("Adam, lr 0.02: collapsed (steps of the longest)")), told),
            (
                Message(N_("the same, clipping at 1")),
                collapses(each(replace(_ADAM, clip_norm=1.0)))[1],
            ),
            (Message(N_("Adam, lr 0.002 from the start")), collapses(each(_SMALL))[1]),
            (
                Message(N_("lr 0.02, steps 500 to 5,000")),
                collapses(throughout, _LOWERED_AT)[1],
            ),
            (
                Message(N_("lr lowered to 0.002 at step 500, steps 500 to 5,000")),
                collapses(lowered, _LOWERED_AT)[1],
            ),
            (Message(N_("SGD, lr 0.1: learnt at all")), learnt(each(_SGD))),
            (
                Message(N_("SGD, lr 0.1, clipping at 1: learnt at all")),
                learnt(each(replace(_SGD, clip_norm=1.0))),
            ),
        ),
    )


LESSON = Lesson(
    number=6,
    key="collapse",
    title=N_("The collapse at lr 0.02, and clipping"),
    question=N_(
        "Ten networks, Adam at the tutorial's learning rate 0.02, 2,500 updates. All of them "
        "learn: the mean loss of 20 steps falls below 0.05. In how many does it rise above 0.2 "
        "again?"
    ),
    options=(
        N_("In none: what is learnt stays"),
        N_("In one to five"),
        N_("In most of them"),
    ),
    right=2,
    measure=_measure,
    variants=(
        Variant("adam", N_("Adam"), _ADAM),
        Variant("adam_clipped", N_("Adam, clipped"), replace(_ADAM, clip_norm=1.0)),
        Variant("adam_small", N_("Adam, lr 0.002"), _SMALL),
        Variant("sgd", N_("SGD"), _SGD),
        Variant("sgd_clipped", N_("SGD, clipped"), replace(_SGD, clip_norm=1.0)),
    ),
    steps=_STEPS,
    pace=20,
    view="saturation",
    exercise=NumberExercise(
        N_(
            "Adam moves a weight by at most about lr · (1 − β₁) / √(1 − β₂) in one step, whatever "
            "the gradient's size. How far is that with lr 0.02, β₁ = 0.9 and β₂ = 0.999?"
        ),
        0.02 * 0.1 / 0.001**0.5,
        0.001,
        N_(
            "0.02 · 0.1 / 0.0316 = 0.063. A gradient that is clipped beforehand does not make this "
            "bound smaller."
        ),
    ),
    sources=(
        Source(
            "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, "
            "ICML 2013, arXiv:1211.5063",
            "https://arxiv.org/abs/1211.5063",
        ),
        Source(
            "Cohen et al., Adaptive gradient methods at the edge of stability, arXiv:2207.14484",
            "https://arxiv.org/abs/2207.14484",
        ),
        Source(
            "Kingma and Ba, Adam: a method for stochastic optimization, section 2.1, "
            "arXiv:1412.6980",
            "https://arxiv.org/abs/1412.6980",
        ),
    ),
    code=(
        "rnn_core.engines.torch_engine:TorchEngine.advance",
        "dashboard.learn.lessons.collapse.lesson:collapsed_steps",
    ),
    seeds=_SEEDS,
)
