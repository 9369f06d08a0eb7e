"""``evaluate``: the held-out loss of a saved run, on its own series or on newer rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from rnn_core.cli.data import Data, is_other, other_rows_of, reading_options, task_of
from rnn_core.cli.files import continued, read_run
from rnn_core.cli.report import (
    evaluation_lines,
    forecast_lines,
    rolling_origin_lines,
    run_line,
    scored_line,
)
from rnn_core.diagnostics import forecast_scores
from rnn_core.experiments.rolling_origin import HORIZONS, rolling_origins
from rnn_core.io.checkpoint import Checkpoint, set_weights
from rnn_core.io.tables.cleaning import Missing
from rnn_core.tasks.other_rows import OtherRows
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.evaluation import evaluate as evaluate_trainer
from rnn_core.training.trainer import Trainer


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("series", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="a series of your own: the one that RUN was trained on, or other rows of its columns; "
    "may also stand after RUN",
)
@click.option(
    "--horizons",
    type=click.IntRange(HORIZONS.low, HORIZONS.high),
    metavar="H",
    help="also score forecasts from many origins in the test part at horizons 1 to H, beside naive "
    "ones; for the task series",
)
@click.option(
    "--all-rows",
    is_flag=True,
    help="score rows, too, whose times RUN's own series has: for another series of that time",
)
@reading_options
def evaluate(
    run: Path,
    series: Path | None,
    data: Path | None,
    horizons: int | None,
    all_rows: bool,
    time: str | None,
    missing: Missing,
) -> None:
    """Print the held-out loss of RUN, with its state ablation and floors.

    For a series of your own, give its file with --data. If it is not the one that RUN was trained
    on, its rows are scored as they are: with RUN's scaling, columns and window, beside naive
    forecasts that were fitted to RUN's training part. Rows that RUN's own series has are left out.
    """
    if series is not None and data is not None:
        raise click.UsageError("The series stands there twice. Give it with --data alone.")
    path = data or series
    checkpoint = read_run(run)
    say, notes = partial(click.echo, err=True), list[str]()
    given = None if path is None else Data.read(path, time=time, missing=missing, say=notes.append)
    if given is not None and is_other(checkpoint, given):
        scored = other_rows_of(checkpoint, given, say, all_rows=all_rows)
        steps = 1 + (checkpoint.snapshot.index if checkpoint.snapshot else -1)
        trainer = _frozen(checkpoint, scored)
    else:
        for note in notes:
            say(note)
        task = task_of(checkpoint, given)
        steps = continued(checkpoint, task).index + 1
        trainer = checkpoint.trainer(task=task, engine="torch")
        trainer.advance(1)  # the step that was held
    click.echo(run_line(trainer))
    click.echo(f"{'steps':36}{steps}")
    if isinstance(trainer.task, OtherRows):
        click.echo(scored_line(trainer.task))
    for line in evaluation_lines(trainer.task, evaluate_trainer(trainer)):
        click.echo(line)
    if isinstance(trainer.task, SeriesTask):
        for line in forecast_lines(forecast_scores(trainer)):
            click.echo(line)
    if horizons is not None:
        part = "the scored rows" if isinstance(trainer.task, OtherRows) else "the test part"
        for line in rolling_origin_lines(rolling_origins(trainer, horizons), part):
            click.echo(line)


def _frozen(checkpoint: Checkpoint, task: OtherRows) -> Trainer:
    """The network of a run before rows that it is not trained on."""
    trainer = Trainer(checkpoint.config, task=task, dtype=checkpoint.dtype, engine="torch")
    set_weights(trainer, checkpoint.weights)
    return trainer
