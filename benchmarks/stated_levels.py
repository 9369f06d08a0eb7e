"""Whether tests and intervals keep what they state: `rank` by chance, and 95 % intervals.

Run with ``python -m benchmarks.stated_levels``; ``make bench`` does. The first table has the share
of comparisons in which `rank` calls some lead significant though no contender is better, and how
often all its intervals cover; the second, what the test makes of equal medians with other shapes;
then how often the intervals of the held-out loss and of the lag cover what a much longer stretch
of the same stream gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter

from benchmarks.timing import is_quick
from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.diagnostics import forecast_lag
from rnn_core.engines import prepare_compiled
from rnn_core.experiments.ranking import SIGNIFICANCE, holm, interval_place, signed_ranks
from rnn_core.training.evaluation import Evaluation, default_windows, evaluate_model, most_samples

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int, int]], Array]

CONTENDERS, SEEDS = (2, 3, 4, 5, 6), (3, 5, 8, 16, 32)
#: Comparisons of each cell of a table; stretches of each task; series of each lag.
FULL, QUICK = (4000, 100, 400), (20, 2, 2)
_HORIZON = 5
LAGS, FORECASTS = (0.0, 2.5, 5.0), (60, 200, 1000)


def _shared_seeds(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """A lucky seed is lucky for all contenders."""
    samples, _contenders, seeds = shape
    shared = rng.normal(0, 2, (samples, 1, seeds))
    return np.asarray(np.exp(shared + rng.normal(0, 0.5, shape)))


def _collapses(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Three runs in ten have collapsed."""
    return np.asarray(np.exp(rng.normal(0, 0.5, shape) + 5 * (rng.random(shape) < 0.3)))


def _divergences(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    return np.where(rng.random(shape) < 0.2, math.inf, np.exp(rng.normal(0, 1, shape)))


#: Losses of shape ``(N, C, S)`` of which no contender has the better ones.
NULLS: Mapping[str, Draw] = MappingProxyType(
    {
        "log-normal": lambda rng, shape: np.exp(rng.normal(0, 1, shape)),
        "heavy tails": lambda rng, shape: np.exp(np.clip(rng.standard_cauchy(shape), -300, 300)),
        "shared seeds": _shared_seeds,
        "collapses": _collapses,
        "ties": lambda rng, shape: np.exp(rng.integers(0, 4, shape).astype(float)),
        "divergences": _divergences,
    }
)


def _other_shapes(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Equal medians, but every second contender is skewed."""
    logs = rng.normal(0, 1, shape)
    logs[:, ::2] = rng.exponential(1, logs[:, ::2].shape) - math.log(2)
    return np.asarray(np.exp(logs))


def _other_spreads(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Equal medians, but every second contender varies three times as much."""
    logs = rng.normal(0, 1, shape)
    logs[:, ::2] *= 3
    return np.asarray(np.exp(logs))


#: Losses with equal medians, of which some contenders have others than the rest.
OTHERS: Mapping[str, Draw] = MappingProxyType(
    {"other spreads": _other_spreads, "other shapes": _other_shapes}
)


def verdicts(losses: Array) -> tuple[Array, Array | None]:
    """What `rank` says of N comparisons at once.

    Args:
        losses: shape ``(N, C, S)``, positive.

    Returns:
        Whether some lead is significant, and whether all intervals cover a ratio of 1; None where
        there are none. Shape ``(N,)`` each.
    """
    samples, contenders, seeds = losses.shape
    pairs = np.array(list(combinations(range(contenders), 2)))
    logs = np.log(losses)
    with np.errstate(invalid="ignore"):
        ratios = logs[:, pairs[:, 1]] - logs[:, pairs[:, 0]]  # (N, P, S)
    favour, p_values = signed_ranks(ratios.reshape(-1, seeds))
    adjusted = holm(p_values.reshape(samples, -1))
    leader = np.median(losses, axis=2).argmin(axis=1)[:, None]
    leads = np.where(pairs[:, 0] == leader, 1, np.where(pairs[:, 1] == leader, -1, 0))
    claimed = (adjusted < SIGNIFICANCE) & (favour.reshape(samples, -1) * leads > 0)
    place = interval_place(seeds, contenders)
    if place is None or not np.isfinite(ratios).all():
        return claimed.any(axis=1), None
    ordered = np.sort(ratios, axis=2)
    covers = (ordered[..., place] <= 0) & (ordered[..., -1 - place] >= 0)
    return claimed.any(axis=1), (covers | (leads == 0)).all(axis=1)


def check_rank(draws: Mapping[str, Draw], samples: int) -> None:
    """Print the share of claims, and of comparisons all of whose intervals cover."""
    print(f"{'losses':14} contenders " + "".join(f"  {seeds:>11}" for seeds in SEEDS))
    for name, draw in draws.items():
        for contenders in CONTENDERS:
            said = []
            for seeds in SEEDS:
                rng = np.random.default_rng([contenders, seeds])
                claims, covers = verdicts(draw(rng, (samples, contenders, seeds)))
                covered = "   -" if covers is None else f"{covers.mean():5.1%}"
                said.append(f"  {claims.mean():5.1%} {covered:>5}")
            print(f"{name:14} {contenders:10} " + "".join(said), flush=True)


def stretches(config: RunConfig, count: int, steps: int = 300) -> list[Evaluation]:
    """Successive evaluations of the same weights, trained for a while and then frozen.

    The stretch before the first is read as well, so that the state is that of the frozen weights.

    Args:
        config: of the run.
        count: how many stretches, each of as many windows as `evaluate` reads.
        steps: of training.
    """
    trainer = Trainer(config, engine="auto")
    trainer.advance(steps)
    task = trainer.task
    parameters = sum(each.numel() for each in trainer.model.parameters())
    length = int(task.batch(0).time.shape[1])
    windows = default_windows(task, length, most_samples(parameters))
    found = []
    start, state = steps, trainer.state
    for _stretch in range(count + 1):
        found.append(
            evaluate_model(
                trainer.model,
                task,
                start=start,
                windows=windows,
                state=state,
                carries_state=config.carry_state and task.streaming,
                predict=trainer.predict,
            )
        )
        for index in range(start, start + windows):
            _prediction, state = trainer.predict(task.batch(index).inputs, state)
        start += windows
    return found[1:]


def covered(found: Sequence[Evaluation]) -> tuple[float, float]:
    """How often the intervals of loss and memory gain hold the mean over all stretches."""
    loss = float(np.mean([each.mean for each in found]))
    gain = float(np.mean([each.memory_gain.mean for each in found]))
    slack = 1e-3 * abs(loss)  # of rounding, where the signal repeats and so does every stretch
    return (
        float(np.mean([each.loss.low - slack <= loss <= each.loss.high + slack for each in found])),
        float(
            np.mean(
                [
                    each.memory_gain.low - slack <= gain <= each.memory_gain.high + slack
                    for each in found
                ]
            )
        ),
    )


def check_held_out(count: int) -> None:
    """Print for each task how often the interval of the held-out loss covers."""
    print(f"\nHeld-out loss: 95 % intervals that cover the mean of {count} stretches")
    print("task             cell   loss  memory gain")
    for name, entry in TASKS.items():
        for settings in ({}, {"noise_std": 0.3}):
            config = entry.config(**settings)
            same = settings and config == entry.config()  # it is noisy by itself
            if entry.validates or same or (settings and "noise_std" not in entry.settings):
                continue
            loss, gain = covered(stretches(replace(config, cell="gru"), count))
            label = name + (" + noise" if settings else "")
            print(f"{label:22} gru  {loss:6.1%}  {gain:6.1%}", flush=True)


def late_forecasts(
    rng: np.random.Generator, rows: int, late: float
) -> tuple[Array, Array, int, int]:
    """Forecasts that come late and are noisy, as `forecast_lag` reads them.

    Args:
        rng: draws the series, a smooth first-order autoregression.
        rows: forecasts.
        late: by how many rows, also between two.

    Returns:
        Forecasts, series, the first row and the horizon.
    """
    noise = rng.normal(size=rows + 200)
    values = lfilter([1.0], [1.0, -0.95], noise)
    values = np.convolve(values, np.ones(5) / 5, mode="same")
    whole = int(late)
    meant = np.arange(100, 100 + rows) + _HORIZON - whole
    share = late - whole
    made = (1 - share) * values[meant] + share * values[meant - 1]
    return made + rng.normal(0, 0.3 * values.std(), rows), values, 100, _HORIZON


def check_lags(count: int) -> None:
    """Print how often the interval of a lag covers that of 20,000 forecasts."""
    print(f"\nLag of a forecast: 95 % intervals that cover, {count} series each")
    print("forecasts  " + "  ".join(f"lag {late:<3g}" for late in LAGS))
    truths = [
        forecast_lag(*late_forecasts(np.random.default_rng(1), 20_000, late)).lag for late in LAGS
    ]
    for rows in FORECASTS:
        said = []
        for late, truth in zip(LAGS, truths, strict=True):
            found = [
                forecast_lag(*late_forecasts(np.random.default_rng([2, seed]), rows, late))
                for seed in range(count)
            ]
            covers = np.mean([each.low <= truth <= each.high for each in found])
            said.append(f"{covers:7.1%}")
        print(f"{rows:9}  " + "  ".join(said), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    samples, count, series = QUICK if is_quick(arguments, __doc__) else FULL
    torch.set_num_threads(1)
    prepare_compiled().join()
    print(f"No contender is better: claims of a lead, and intervals that cover, {samples} each")
    check_rank(NULLS, samples)
    print("\nEqual medians, but other losses")
    check_rank(OTHERS, samples)
    check_held_out(count)
    check_lags(series)


if __name__ == "__main__":
    main()
