"""Results as lines of text."""

from __future__ import annotations

import math
import sys
from contextlib import AbstractContextManager
from typing import Any

import click

from rnn_core.diagnostics import ForecastScores
from rnn_core.experiments.comparison import SMOOTHING
from rnn_core.experiments.rolling_origin import RollingOrigin, mean_mae
from rnn_core.tasks import Floor, Task
from rnn_core.tasks.other_rows import OtherRows
from rnn_core.training.evaluation import Estimate, Evaluation
from rnn_core.training.trainer import Trainer
from rnn_core.training.verdict import judge

_NAMES = {
    "constant": "a constant",
    "time_only": "the time step alone",
    "memoryless": "the present input alone",
    "last_marker": "the last marker alone",
    "window_memory": "the window's inputs alone",
    "carried_memory": "all inputs so far",
    "linear": "linear regression",
}


def _words(words: Any) -> str | None:
    return None if words is None else str(words)


def progress_bar(steps: int, *, hidden: bool = False) -> AbstractContextManager[Any]:
    """A bar of steps on stderr, with a few words beside it; nothing where that is no terminal."""
    bar: AbstractContextManager[Any] = click.progressbar(
        length=steps,
        file=sys.stderr,
        hidden=hidden or not sys.stderr.isatty(),
        show_pos=True,
        item_show_func=_words,
    )
    return bar


def evaluation_lines(task: Task, evaluation: Evaluation) -> list[str]:
    """The held-out loss, the state ablation, and what simpler predictors can reach."""
    lines = [f"{'held-out loss':36}{_estimate(evaluation.loss)}"]
    if evaluation.carries_state:
        reset, shuffled = (float(each.mean()) for each in (evaluation.reset, evaluation.shuffled))
        lines += [
            f"{'  with the state reset':36}{reset:.6f}",
            f"{'  with the state shuffled':36}{shuffled:.6f}",
        ]
    floors = tuple(task.floors())
    lines += [f"{'  floor: ' + name_of(floor):36}{floor.value:.6f}" for floor in floors]
    naive = task.units is not None
    claim = judge(evaluation, floors).claim.replace("_", " ")
    lines.append(f"{'verdict':36}{_against_naive(evaluation, floors) if naive else claim}")
    return lines


def scored_line(task: OtherRows) -> str:
    """Which rows are scored, and when they were sampled."""
    first, last = task.scored[0], task.scored[1] - 1
    said = f"{first + 1} to {last + 1} of {len(task.series)} in {task.series.name}"
    if task.series.times is not None:
        said += f", {' to '.join(task.units.when([first, last]))}"
    return f"{'rows scored':36}{said}; {task.held_out.windows - task.held_out.warm_up} windows"


def forecast_lines(found: tuple[ForecastScores, ...]) -> list[str]:
    """Errors and lags of the forecasts of the held-out rows, target by target."""
    lines = []
    for each in found:
        lines.append(
            f"{'forecasts of ' + each.column:36}{'MAE':>12}{'RMSE':>12}{'MASE':>9}{'lag':>7}"
        )
        for key, score in each.scores.items():
            lag = each.lags[key]
            lines.append(
                f"{'  ' + _NAMES.get(key, key):36}{score.mae:12.5g}{score.rmse:12.5g}"
                f"{score.mase:9.3f}{'-' if lag is None else _lag(lag.lag):>7}"
            )
        lag = each.lags["network"]
        if lag is not None:
            said = f"{_lag(lag.lag)}  [{_lag(lag.low)}, {_lag(lag.high)}] of horizon {lag.horizon}"
            if lag.is_persistence:
                said += ": it repeats the last value, it has learnt persistence"
            elif lag.is_in_time:
                said += ": in time"
            lines.append(f"{'  lag of the network':36}{said}")
    return lines


def _lag(rows: float) -> str:
    """Rows to a tenth, without a sign of zero."""
    return f"{round(rows, 1) + 0.0:.1f}"


def rolling_origin_lines(
    found: tuple[RollingOrigin, ...], part: str = "the test part"
) -> list[str]:
    """Errors of the forecasts of some rows, by horizon.

    Args:
        found: the forecasts of each target.
        part: which rows are forecast, in words.
    """
    first = found[0]
    trained = f"trained for horizon {first.trained}"
    if first.is_iterated:
        trained += ", iterated beyond it: it reads its own forecasts"
    columns = ", ".join(each.column for each in found)
    lines = [
        f"forecasts of {columns} from {len(first.origins)} origins in {part}",
        f"the network was {trained}; its weights stay as they are",
    ]
    for each in found:
        if len(found) > 1:
            lines.append(each.column)
        lines.append(f"{'horizon':>7}  {'forecast':20}{'MAE':>12}{'RMSE':>12}{'MASE':>9}")
        for number, horizon in enumerate(each.horizons):
            for key, scores in each.scores.items():
                score = scores[number]
                lines.append(
                    f"{horizon:7}  {key:20}{score.mae:12.5g}{score.rmse:12.5g}{score.mase:9.3f}"
                )
    means = mean_mae(found)
    if means is not None:
        lines.append(f"mean over {len(found)} targets, each in its standard deviation")
        lines.append(f"{'horizon':>7}  {'forecast':20}{'MAE':>12}")
        for number, horizon in enumerate(first.horizons):
            for key, errors in means.items():
                lines.append(f"{horizon:7}  {key:20}{errors[number]:12.5g}")
    return lines


def _against_naive(evaluation: Evaluation, floors: tuple[Floor, ...]) -> str:
    """Which naive forecasts of a series a network beats: those above the whole interval."""
    beaten = [name_of(floor) for floor in floors if evaluation.loss.high < floor.value]
    others = [name_of(floor) for floor in floors if evaluation.loss.high >= floor.value]
    if not others:
        return "better than every naive forecast"
    said = f"not better than {', '.join(reversed(others))}"
    return f"{said}; better than {', '.join(reversed(beaten))}" if beaten else said


def online_line(losses: list[float]) -> str:
    """The mean loss of the last steps, each with the weights of its own step."""
    recent = losses[-SMOOTHING:]
    name = f"online loss, last {SMOOTHING} steps"
    return f"{name:36}{math.fsum(recent) / len(recent):.6f}"


def name_of(floor: Floor) -> str:
    """A floor in a few words."""
    return _NAMES.get(floor.key, floor.key)


def run_line(trainer: Trainer) -> str:
    """What a run is."""
    config = trainer.config
    return (
        f"{config.cell}, {config.hidden_size} units, {trainer.parameter_count} parameters, "
        f"on {config.task}, seed {config.seed}, {trainer.engine} engine"
    )


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.mean:.6f}  [{estimate.low:.6f}, {estimate.high:.6f}]"
