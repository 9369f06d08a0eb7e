"""``evaluate``: the held-out loss of a saved run."""

from __future__ import annotations

from pathlib import Path

import click

from rnn_core.cli.files import continued, read_run
from rnn_core.cli.report import evaluation_lines, run_line
from rnn_core.training.evaluation import evaluate as evaluate_trainer


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def evaluate(run: Path) -> None:
    """Print the held-out loss of RUN, with its state ablation and floors."""
    checkpoint = read_run(run)
    snapshot = continued(checkpoint)
    trainer = checkpoint.trainer(engine="torch")
    trainer.advance(1)  # the step that was held
    click.echo(run_line(trainer))
    click.echo(f"{'steps':36}{snapshot.index + 1}")
    for line in evaluation_lines(trainer.task, evaluate_trainer(trainer)):
        click.echo(line)
