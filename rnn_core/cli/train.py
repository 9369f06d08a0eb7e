"""``train``: a run from a file with settings or from flags, to a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from rnn_core.cli.data import data_of, data_options, plan_of, refuse_plan, task_of, with_series
from rnn_core.cli.engine import chosen_engine
from rnn_core.cli.files import Refused, Target, continued, read_run
from rnn_core.cli.history import history_of, until, with_evaluations
from rnn_core.cli.interrupt import ends_on_ctrl_c
from rnn_core.cli.report import evaluation_lines, online_line, progress_bar, run_line
from rnn_core.cli.settings import config_of, given, settings_options
from rnn_core.engines import ENGINES
from rnn_core.experiments.early_stopped import advance_validated
from rnn_core.experiments.run import advance
from rnn_core.io.checkpoint import Checkpoint, save_checkpoint
from rnn_core.tasks.series import SeriesTask
from rnn_core.training.early_stopping import EVALUATE_EVERY, PATIENCE, EarlyStopping
from rnn_core.training.evaluation import evaluate
from rnn_core.training.snapshots import Snapshot
from rnn_core.training.trainer import Trainer

#: As programs end that Ctrl-C has stopped.
INTERRUPTED = 130


@click.command()
@settings_options
@data_options
@click.option(
    "--steps",
    type=click.IntRange(1, 10_000_000),
    default=1000,
    show_default=True,
    help="steps in all, those of a resumed run included",
)
@click.option(
    "--engine", type=click.Choice(ENGINES), help="default auto, or that of the resumed run"
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    help="file for the run; default run.safetensors, or the resumed file",
)
@click.option("--resume", type=click.Path(path_type=Path), help="run to go on with, bit for bit")
@click.option(
    "--early-stopping",
    type=click.IntRange(PATIENCE.low, PATIENCE.high),
    metavar="N",
    help=f"stop after N evaluations in a row, one every {EVALUATE_EVERY} steps, without a lower "
    "validation loss, and save the step with the lowest; for tasks that validate",
)
@click.option("--quiet", "-q", is_flag=True, help="print nothing but errors")
@click.pass_context
def train(
    ctx: click.Context,
    /,
    config: Path | None,
    steps: int,
    engine: str | None,
    out: Path | None,
    resume: Path | None,
    early_stopping: int | None,
    quiet: bool,
    **_others: Any,
) -> None:
    """Train a network and save the run.

    CONFIG is a TOML file with settings by name; flags win over it. Settings that neither has are
    the task's own. With --data a network learns to forecast a series of your own; a run on it
    goes on when --resume comes with the same --data. Ctrl-C saves what was done.
    """
    flags = given(ctx)

    def say(text: str, *, err: bool = False) -> None:
        if not quiet:
            click.echo(text, err=err)

    checkpoint = None
    if resume is not None and (config is not None or flags or ctx.params["horizon"] is not None):
        raise click.UsageError("--resume goes on with the run's own settings. Give no others.")
    data = data_of(ctx.params, partial(say, err=True))
    if resume is None:
        settings = config_of(config, flags if data is None else with_series(flags, ctx.params))
        task = (
            None if data is None else SeriesTask(data.series, plan_of(data, ctx.params), settings)
        )
        trainer = Trainer(settings, task=task, engine=chosen_engine(engine, steps))
        first = 0
    else:
        checkpoint = read_run(resume)
        if checkpoint.plan is not None:
            refuse_plan(ctx.params)
        task = task_of(checkpoint, data, None if data is None else plan_of(data, ctx.params))
        first = continued(checkpoint, task).index  # the step that was held comes again
        if steps <= first + 1:
            raise click.UsageError(f"{resume} has {first + 1} steps. Ask for more with --steps.")
        trainer = checkpoint.trainer(task=task, engine=engine or checkpoint.engine)
    if early_stopping is not None and trainer.task.held_out is None:
        raise click.UsageError(
            "--early-stopping needs a task with a validation part. Try --data FILE."
        )
    target = Target(out or resume or Path("run.safetensors"))
    say(run_line(trainer))
    with ends_on_ctrl_c() as stop, progress_bar(steps, hidden=quiet) as bar:
        bar.update(first)

        def progress(taken: int, _wanted: int, loss: float) -> None:
            bar.update(first + taken - bar.pos, f"loss {loss:.6f}")

        validated = None
        if early_stopping is None:
            curve = advance(trainer, steps - first, progress=progress, cancel=stop)
        else:
            stopping, best = _go_on_stopping(early_stopping, checkpoint)
            validated = advance_validated(
                trainer, steps - first, stopping, best=best, progress=progress, cancel=stop
            )
            curve = validated.curve
    done = first + len(curve.losses)
    if trainer.diverged:
        raise Refused(
            f"The loss is no longer finite at step {done - 1}. Nothing was saved. Try a smaller "
            "--lr, or --clip-norm 1."
        )
    interrupted, memory, best_so_far = done < steps, None, None
    history = history_of(
        curve,
        None if checkpoint is None else checkpoint.history,
        first,
        trainer.lr,
        trainer.config.clip_norm,
    )
    if validated is not None:
        history = with_evaluations(history, validated.steps, validated.losses)
        interrupted = interrupted and not stopping.stopped
        memory = stopping.memory
        if interrupted:
            best_so_far = validated.best
        elif validated.best is None and stopping.best_step is not None:
            say(
                f"The lowest validation loss was that of step {stopping.best_step}, which the "
                "resumed file does not hold. Saved is the last step."
            )
        elif validated.best is not None:
            say(
                f"Stopped early at step {done - 1}: no lower validation loss for "
                f"{stopping.waited} evaluations."
                if stopping.stopped
                else f"{done} steps taken, without an early stop."
            )
            say(f"Saved is the step with the lowest validation loss, {stopping.best_step}.")
            trainer.restore(validated.best)
            trainer.advance(1)  # the step that was held
            history = until(history, validated.best.index)
            done = validated.best.index + 1
            memory = stopping.memory_at_best
    start = None if checkpoint is None else checkpoint.start
    if best_so_far is not None and best_so_far.index == trainer.index:
        best_so_far = None  # the file holds that step anyway
    saved = save_checkpoint(
        trainer, history=history, start=start, stopping=memory, best=best_so_far
    )
    target.write(saved)
    if interrupted:
        with_data = "" if data is None else f" --data {ctx.params['data']}"
        with_stopping = "" if early_stopping is None else f" --early-stopping {early_stopping}"
        click.echo(
            f"Stopped after {done} steps, saved in {target.path}. Go on with "
            f"--resume {target.path} --steps {steps}{with_data}{with_stopping}.",
            err=True,
        )
        ctx.exit(INTERRUPTED)
    say(online_line(history.loss.tolist()))
    for line in evaluation_lines(trainer.task, evaluate(trainer)):
        say(line)
    say(f"{done} steps, saved in {target.path}")


def _go_on_stopping(
    patience: int, checkpoint: Checkpoint | None
) -> tuple[EarlyStopping, Snapshot | None]:
    """Early stopping as the resumed run left it, and its best step where the file has it."""
    if checkpoint is None or checkpoint.stopping is None or checkpoint.snapshot is None:
        return EarlyStopping(patience), None
    return EarlyStopping.resumed(checkpoint.stopping, patience), checkpoint.at_best
