"""Evaluation on a rolling origin: forecasts from many origins, scored by horizon.

A single origin scores one stretch of a series, and one horizon says nothing of the next. So
forecasts are made from many rows of the test part, the origins, each with what is known there, and
their errors are averaged by horizon, beside those of naive forecasts of the same rows. The weights
stay as they are; only what the network reads moves on with the origin.

Sources: Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and review",
International Journal of Forecasting 16 (2000), 437-450; Hyndman and Athanasopoulos, "Forecasting:
Principles and Practice", 3rd edition, section 5.10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import require
from rnn_core.messages import N_, InvalidValue
from rnn_core.rules import IntRange
from rnn_core.series import naive
from rnn_core.series.scores import Scores
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.trainer import NUMPY_DTYPES, Trainer

#: Horizons that can be asked for.
HORIZONS = IntRange(1, 200)
#: Horizons by default, and origins.
_HORIZONS, _ORIGINS = 12, 200
# Rows that a carried state reads before an origin.
_WARM_UP = 400
_FEWEST = 2
# Errors that are averaged over fewer origins say little.
_WORTHWHILE = 20

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RollingOrigin:
    """Forecasts of one column from n origins at h horizons, in the unit of the series.

    Args:
        column: its name.
        values: all of it, shape ``(N,)``.
        trained: the horizon that the network was trained for. At a longer one, its forecast is
            iterated; at a shorter one it was made before the origin.
        horizons: rows that forecasts look ahead, ascending, shape ``(h,)``.
        origins: the last row that is known to the forecasts, ascending, shape ``(n,)``.
        answers: what came, shape ``(n, h)``.
        forecasts: by what makes them, shape ``(n, h)`` each: ``"network"``, ``"persistence"``,
            ``"drift"`` and, where the training part has a period, ``"seasonal"``. The network's may
            be infinite or nan where iteration blew up.
        scores: of each of them, one for each horizon.
        deviation: the standard deviation by which the column was standardised; None where it was
            not.
    """

    column: str
    values: Array
    trained: int
    horizons: Rows
    origins: Rows
    answers: Array
    forecasts: Mapping[str, Array]
    scores: Mapping[str, tuple[Scores, ...]]
    deviation: float | None = None

    @property
    def is_iterated(self) -> bool:
        """Whether the network reads its own forecasts at some horizon."""
        return bool(self.horizons[-1] > self.trained)


def rolling_origin(
    trainer: Trainer, horizons: int | None = None, *, origins: int = _ORIGINS, column: int = 0
) -> RollingOrigin:
    """`rolling_origins` of one target.

    Args:
        trainer: of a run on a `SeriesTask`.
        horizons: as there.
        origins: as there.
        column: which of the targets, counted from 0.

    Raises:
        TypeError, ValueError: as there, and when there is no such target.

    Example:
        >>> from rnn_core import TASKS
        >>> trainer = Trainer(TASKS["series"].config())
        >>> taken = trainer.advance(300)
        >>> found = rolling_origin(trainer, 3)
        >>> found.forecasts["network"].shape, found.trained
        ((200, 3), 1)
    """
    task = _series_task(trainer)
    column = IntRange(0, task.output_size - 1).check("column", column, 0)
    return rolling_origins(trainer, horizons, origins=origins)[column]


def rolling_origins(
    trainer: Trainer, horizons: int | None = None, *, origins: int = _ORIGINS
) -> tuple[RollingOrigin, ...]:
    """Score a network's present weights on the test part of its series, by horizon.

    At horizon h from origin n stands the newest forecast of row n + h that the network has once row
    n is known. Up to the horizon d that it was trained for, that is the forecast it made at row
    n + h - d. Beyond d it is iterated: the network reads its own forecasts in place of rows that
    are not known yet. Where targets are not its inputs it cannot, and d is the only horizon.

    Before each origin the network reads 400 rows if it carries its state, otherwise one window.
    Nothing is trained, and nothing that follows changes.

    Args:
        trainer: of a run on a `SeriesTask`.
        horizons: the longest horizon, 1 to 200; the others are all shorter ones. None for 12, or
            the one that the network was trained for if that is longer.
        origins: how many at most, from 2; they lie evenly over the test part.

    Returns:
        One for each target, from the same origins.

    Raises:
        TypeError, ValueError: when a number is outside its limits, the task is not a series, or its
            test part has too few rows.
    """
    task = _series_task(trainer)
    longest = HORIZONS.check(
        "horizons", max(_HORIZONS, task.delay) if horizons is None else horizons, _HORIZONS
    )
    feeds_back = task.horizon is not None
    ahead = np.arange(1, longest + 1) if feeds_back else np.array([task.delay])
    at = _origins(task, int(ahead[-1]), IntRange(2, 100_000).check("origins", origins, _ORIGINS))
    made = _network(trainer, task, at, int(ahead[-1]) if feeds_back else None)
    return tuple(_of_target(task, k, at, ahead, made[..., k]) for k in range(task.output_size))


def mean_mae(found: Sequence[RollingOrigin]) -> Mapping[str, Array] | None:
    """The mean absolute error over all targets by horizon, each in its standard deviation.

    Args:
        found: of all targets, as `rolling_origins` gives them.

    Returns:
        By what makes the forecasts, shape ``(h,)`` each; a forecast that some target lacks is left
        out. None for a single target, and where targets were not standardised: they may have
        different units then.
    """
    deviations = [each.deviation for each in found if each.deviation is not None]
    if len(found) < 2 or len(deviations) < len(found):
        return None
    means = {}
    for key in found[0].scores:
        if all(key in each.scores for each in found):
            errors = [[score.mae for score in each.scores[key]] for each in found]
            means[key] = np.mean(np.array(errors) / np.array(deviations)[:, None], axis=0)
    return MappingProxyType(means)


def _series_task(trainer: Trainer) -> SeriesTask:
    require("trainer", trainer, Trainer, "a Trainer", "Trainer(RunConfig())")
    if not isinstance(trainer.task, SeriesTask):
        raise InvalidValue(
            N_("A rolling origin needs a series with a test part. Try the task series.")
        )
    return trainer.task


def _of_target(task: SeriesTask, column: int, at: Rows, ahead: Rows, made: Array) -> RollingOrigin:
    """The scores of one target.

    Args:
        task: whose test part is forecast.
        column: of the targets, counted from 0.
        at: the origins, shape ``(n,)``.
        ahead: the horizons, shape ``(h,)``.
        made: standardised forecasts of the network, shape ``(n, h)``.
    """
    name = task.plan.targets[column]
    values = task.series.column(name)
    forecasts: dict[str, Array] = {"network": task.units.undo_target(made, column)}
    period, scale = task.periods[column], task.mase_scales[column]
    forecasts["persistence"] = _by_horizon(ahead, lambda _h: naive.persistence(values, at))
    if period is not None:
        known = period
        forecasts["seasonal"] = _by_horizon(
            ahead, lambda h: naive.seasonal_persistence(values, at, h, known)
        )
    forecasts["drift"] = _by_horizon(ahead, lambda h: naive.drift(values, at, h))
    answers = values[at[:, None] + ahead]
    with np.errstate(invalid="ignore", over="ignore"):
        scores = {
            key: tuple(
                Scores.scaled(found, came, scale)
                for found, came in zip(each.T, answers.T, strict=True)
            )
            for key, each in forecasts.items()
        }
    return RollingOrigin(
        name,
        values,
        task.delay,
        ahead,
        at,
        answers,
        MappingProxyType(forecasts),
        MappingProxyType(scores),
        float(task.units.targets.std[column]) if task.units.standardised else None,
    )


def affordable_origins(trainer: Trainer, horizons: int, operations: float) -> int:
    """How many origins, 200 at most, a network forecasts from with so many operations.

    Args:
        trainer: as in `rolling_origin`.
        horizons: the longest horizon.
        operations: floating-point operations, two for each parameter and sample.

    Raises:
        ValueError: when fewer than 20 can be afforded, which says little, or the task is no series.

    Example:
        >>> from rnn_core import TASKS
        >>> affordable_origins(Trainer(TASKS["series"].config()), 12, 1e9)
        200
    """
    task = _series_task(trainer)

    def affordable(longest: int) -> int:
        # Where the targets are not its inputs, no horizon but its own is forecast.
        iterated = max(0, longest - task.delay) if task.horizon is not None else 0
        if trainer.config.carry_state:
            samples = _WARM_UP + task.delay - 1 + iterated
        else:
            samples = (task.delay + iterated) * task.length
        return int(operations / (2 * trainer.parameter_count * samples))

    if affordable(horizons) >= _WORTHWHILE:
        return min(_ORIGINS, affordable(horizons))
    shorter = [each for each in range(1, horizons) if affordable(each) >= _WORTHWHILE]
    if shorter:
        raise InvalidValue(
            N_("Forecasts up to horizon {horizon} take this network too long here. Try {shorter}."),
            horizon=horizons,
            shorter=shorter[-1],
        )
    raise InvalidValue(
        N_("Forecasts take this network too long here. Choose a shorter window or fewer units.")
    )


def _origins(task: SeriesTask, ahead: int, most: int) -> Rows:
    """The rows from which every horizon ends in the test part, thinned evenly."""
    first, last = task.parts.validation - 1, task.parts.rows - 1 - ahead
    if last - first + 1 < _FEWEST:
        raise InvalidValue(
            N_(
                "The test part has {rows} rows, too few for {least} origins and a horizon of "
                "{horizon}. Shorten the horizon, or give more data."
            ),
            rows=task.parts.rows - task.parts.validation,
            least=_FEWEST,
            horizon=ahead,
        )
    return np.unique(np.linspace(first, last, min(most, last - first + 1)).round().astype(np.int64))


def _by_horizon(ahead: Rows, made: Callable[[int], Array]) -> Array:
    """One forecast for each horizon, shape ``(n, h)``."""
    return np.stack([made(int(h)) for h in ahead], axis=-1)


@np.errstate(invalid="ignore", over="ignore")
def _network(trainer: Trainer, task: SeriesTask, at: Rows, longest: int | None) -> Array:
    """Standardised forecasts of horizons 1 to ``longest``, ``(n, h, K)``; None for the trained."""
    carries, delay = trainer.config.carry_state, task.delay
    dtype = NUMPY_DTYPES[trainer.dtype]
    # A reset state has read a window when it has read most.
    rows = min((_WARM_UP if carries else task.length) + delay - 1, int(at[0]) + 1)
    known = task.inputs_at(at[:, None] - np.arange(rows)[::-1], dtype)  # (n, rows, D)

    def of_windows(read: NDArray[np.floating], places: range) -> list[NDArray[np.floating]]:
        """Forecasts made at these places of what is read, each from the window that ends there."""
        ends = [slice(max(0, place + 1 - task.length), place + 1) for place in places]
        return [trainer.predict(read[:, window])[0][:, -1] for window in ends]

    newest = range(rows - delay, rows)
    if carries:
        predicted, state = trainer.predict(known)
        made = [predicted[:, place] for place in newest]
    else:
        made = of_windows(known, newest)
    if longest is None:
        return np.asarray(made[-1][:, None], np.float64)
    while len(made) < longest:
        # Forecast h reads the row before it by the delay, which is forecast h - delay.
        unknown = made[len(made) - delay][:, None]
        if carries:
            predicted, state = trainer.predict(unknown, state)
            made.append(predicted[:, 0])
        else:
            known = np.concatenate([known[:, 1:], unknown], axis=1)
            made += of_windows(known, range(rows - 1, rows))
    return np.stack(made[:longest], axis=1).astype(np.float64)
