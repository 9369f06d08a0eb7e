"""``compare``: contenders from the same seeds on the same windows."""

from __future__ import annotations

import csv
import io
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np

from rnn_core.cli.data import data_of, data_options, plan_of, with_series
from rnn_core.cli.engine import chosen_engine
from rnn_core.cli.files import Target
from rnn_core.cli.interrupt import ends_on_ctrl_c
from rnn_core.cli.report import progress_bar
from rnn_core.cli.settings import config_of, given, parsed, settings_options
from rnn_core.cli.train import INTERRUPTED
from rnn_core.config import RunConfig
from rnn_core.engines import ENGINES
from rnn_core.experiments.comparison import Comparison
from rnn_core.experiments.held_out import HeldOut
from rnn_core.experiments.ranking import rank
from rnn_core.tasks.series import SeriesTask

_MOST_CONTENDERS = 12


@click.command()
@settings_options
@data_options
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUE,VALUE,…",
    help="a setting in which contenders differ, such as cell=rnn,lstm; may be repeated",
)
@click.option("--seeds", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option("--steps", type=click.IntRange(1, 1_000_000), default=500, show_default=True)
@click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="CSV file for all losses")
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    config: Path | None,
    vary: tuple[str, ...],
    seeds: int,
    steps: int,
    engine: str,
    out: Path | None,
    **_others: Any,
) -> None:
    """Train contenders in lockstep and compare the held-out losses of their frozen weights."""
    data, flags = data_of(ctx.params, partial(click.echo, err=True)), given(ctx)
    if data is not None:
        flags = with_series(flags, ctx.params)
    names, contenders = contenders_of(config, flags, vary)
    task = None
    if data is not None:
        task = SeriesTask(data.series, plan_of(data, ctx.params), contenders[0])
    target = None if out is None else Target(out)
    engine = chosen_engine(engine, steps * seeds * len(contenders))
    comparison = Comparison(contenders, seeds, task=task, engine=engine)
    taken = 0
    with ends_on_ctrl_c() as stop, progress_bar(steps) as bar:
        for _step in comparison.steps():
            taken += 1
            bar.update(1)
            if taken == steps or stop.is_set():
                break
    result = comparison.held_out()
    for line in lines(names, result.losses):
        click.echo(line)
    if target is not None:
        target.write(table(names, comparison.seeds, result))
        click.echo(f"saved in {target.path}")
    if taken < steps:
        click.echo(f"Stopped after {taken} of {steps} steps.", err=True)
        # All replicas have diverged, or Ctrl-C.
        ctx.exit(INTERRUPTED if stop.is_set() else 0)


def contenders_of(
    path: Path | None, flags: dict[str, Any], vary: tuple[str, ...]
) -> tuple[list[str], list[RunConfig]]:
    """Names and settings of all combinations of what varies.

    Raises:
        click.UsageError: when nothing varies, or too much.
    """
    choices: list[list[tuple[str, str]]] = []
    for text in vary:
        name, equals, values = text.partition("=")
        options = [value.strip() for value in values.split(",") if value.strip()]
        if not equals or not options:
            raise click.UsageError(f"--vary must be NAME=VALUE,VALUE,…, got {text!r}.")
        choices.append([(name.strip().replace("-", "_"), value) for value in options])
    combinations = list(product(*choices))
    if not 2 <= len(combinations) <= _MOST_CONTENDERS:
        raise click.UsageError(
            f"A comparison needs 2 to {_MOST_CONTENDERS} contenders, got {len(combinations)}. "
            "Try --vary cell=rnn,lstm,gru."
        )
    contenders = [
        config_of(path, {**flags, **{name: parsed(name, value) for name, value in each}})
        for each in combinations
    ]
    names = [", ".join(f"{name}={value}" for name, value in each) for each in combinations]
    return names, contenders


def lines(names: list[str], losses: np.ndarray) -> list[str]:
    """The ranking by median held-out loss, and the paired tests of the leader."""
    width = max(map(len, names)) + 2
    ranking = rank(losses)
    found = [f"{'':{width}}{'median':>10}{'lowest':>10}{'highest':>10}"]
    for place in ranking.order:
        row = losses[place]
        found.append(
            f"{names[place]:{width}}{np.median(row):10.4f}{row.min():10.4f}{row.max():10.4f}"
        )
    for test in ranking.paired_tests:
        word = "significant" if test.is_significant else "not significant"
        found.append(
            f"{names[test.leader]} has the lower loss than {names[test.other]} on {test.wins} of "
            f"{test.seeds} seeds; p = {test.p_value:.3f}, {word}"
        )
    return found


def table(names: list[str], seeds: tuple[int, ...], result: HeldOut) -> bytes:
    """All held-out and online losses as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("contender", "seed", "held_out_loss", "online_loss"))
    for name, losses, online in zip(names, result.losses, result.online, strict=True):
        for seed, loss, recent in zip(seeds, losses.tolist(), online.tolist(), strict=True):
            writer.writerow((name, seed, loss, recent))
    return text.getvalue().encode()
