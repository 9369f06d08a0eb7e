"""``evaluate``: the held-out loss of a saved run, and its forecasts by horizon."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import click

from rnn_core.cli.data import Data, reading_options, task_of
from rnn_core.cli.files import continued, read_run
from rnn_core.cli.report import evaluation_lines, rolling_origin_lines, run_line
from rnn_core.experiments.rolling_origin import HORIZONS, rolling_origin
from rnn_core.training.evaluation import evaluate as evaluate_trainer


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("data", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--horizons",
    type=click.IntRange(HORIZONS.low, HORIZONS.high),
    metavar="H",
    help="also score forecasts from many origins in the test part at horizons 1 to H, beside naive "
    "ones; for the task series",
)
@reading_options
def evaluate(
    run: Path,
    data: Path | None,
    horizons: int | None,
    time: str | None,
    missing: Literal["drop", "interpolate"],
) -> None:
    """Print the held-out loss of RUN, with its state ablation and floors.

    DATA is the file of the series that the run was trained on, where that is one of your own.
    """
    checkpoint = read_run(run)
    say = partial(click.echo, err=True)
    series = None if data is None else Data.read(data, time=time, missing=missing, say=say)
    task = task_of(checkpoint, series)
    snapshot = continued(checkpoint, task)
    trainer = checkpoint.trainer(task=task, engine="torch")
    trainer.advance(1)  # the step that was held
    click.echo(run_line(trainer))
    click.echo(f"{'steps':36}{snapshot.index + 1}")
    for line in evaluation_lines(trainer.task, evaluate_trainer(trainer)):
        click.echo(line)
    if horizons is not None:
        for line in rolling_origin_lines(rolling_origin(trainer, horizons)):
            click.echo(line)
