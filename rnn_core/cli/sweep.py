"""``sweep``: many settings and seeds on as many workers as there are cores, or on many machines."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from rnn_core.cli.data import Data, data_of, data_options, plan_of, reading_options
from rnn_core.cli.files import Refused, Target
from rnn_core.cli.interrupt import ends_on_ctrl_c, ends_when_input_closes
from rnn_core.cli.report import progress_bar
from rnn_core.cli.train import INTERRUPTED
from rnn_core.config import RunConfig
from rnn_core.experiments.sweep import (
    LocalWorkers,
    Progress,
    Space,
    StorageRefused,
    Sweep,
    SweptPoint,
    best,
    cores,
    ranked,
    table,
    work,
)
from rnn_core.io.tables import columns_csv, columns_parquet
from rnn_core.series import SeriesPlan
from rnn_core.tasks.series import SERIES, SeriesTask

_F = TypeVar("_F", bound=Callable[..., Any])

# Seconds between two looks at the storage.
_LOOK = 0.5
# Points that are printed at the end.
_SHOWN = 10


class _Group(click.Group):
    """Subcommands; anything else is the file of a space, which is run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the subcommand ``run`` before the file."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group)
def sweep() -> None:
    """Train many settings and seeds: sweep SPACE.toml runs or resumes one on this machine.

    SPACE is a TOML file; see the documentation of sweeps for what it may say. Other machines join
    with sweep worker.
    """


def study_options(command: _F) -> _F:
    """Give a command the options that name a sweep."""
    for option in (
        click.option("--study", required=True, metavar="NAME", help="name of the sweep"),
        click.option(
            "--storage",
            required=True,
            metavar="ADDRESS",
            help="path of the sweep's journal, or an address such as "
            "postgresql://user@host/database",
        ),
    ):
        command = option(command)
    return command


@sweep.command()
@click.argument("space", type=click.Path(dir_okay=False, path_type=Path))
@data_options
@click.option("--storage", metavar="ADDRESS", help="default: SPACE.journal beside the space's file")
@click.option("--study", metavar="NAME", help="default: the name of the space's file")
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    help="processes on this machine; default: one for each core; 0 plans the sweep and ends",
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    help="CSV or Parquet file for one row a network",
)
@click.option("--quiet", "-q", is_flag=True, help="print nothing but errors")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    space: Path,
    storage: str | None,
    study: str | None,
    workers: int | None,
    out: Path | None,
    quiet: bool,
    **_others: Any,
) -> None:
    """Run a sweep on this machine, or go on with it: nothing that is finished is done twice."""

    def say(text: str, *, err: bool = False) -> None:
        if not quiet:
            click.echo(text, err=err)

    text = space.read_text(encoding="utf-8-sig")
    try:
        wanted = Space.from_toml(text)
    except tomllib.TOMLDecodeError:
        raise
    except (TypeError, ValueError) as error:
        raise Refused(f"{space}: {error}") from None
    data = data_of(ctx.params, partial(say, err=True))
    plan = None if data is None else plan_of(data, ctx.params)
    if data is not None and wanted.settings.get("task") != SERIES.name:
        raise click.UsageError(f'--data needs task = "{SERIES.name}" among the space\'s settings.')
    target = None if out is None else _target(out)
    storage = storage or str(space.with_suffix(".journal"))
    study = study or space.stem
    with _refusing():
        found = Sweep.create(
            wanted,
            storage,
            study,
            series="" if data is None or plan is None else _described(data, plan),
        )
        found.check_version()
        found.resume()
        before = found.progress()
        say(_head(found, before))
        if workers == 0:
            say(f"Join with: python -m rnn_core sweep worker --storage {storage} --study {study}")
            return
        interrupted = _run_locally(found, storage, workers or cores(), ctx.params, quiet)
        points = found.points()
        for line in () if quiet else lines(found.space, points):
            click.echo(line)
        if target is not None:
            target.write(_written(target.path, table(found.space, points)))
            say(f"saved in {target.path}")
    if interrupted:
        say("Stopped. The same command goes on.", err=True)
        ctx.exit(INTERRUPTED)


def _run_locally(
    sweep: Sweep, storage: str, workers: int, params: dict[str, Any], quiet: bool
) -> bool:
    """Let workers of this machine finish the sweep; whether Ctrl-C came before."""
    points = sweep.points()
    progress = Progress.of(points)
    workers = min(workers, max(1, progress.waiting + progress.running))
    with (
        ends_on_ctrl_c() as stop,
        progress_bar(progress.total, hidden=quiet) as bar,
        LocalWorkers(sweep, storage, workers, _reading(params)) as local,
    ):
        while True:
            bar.update(progress.finished - bar.pos, _words(points))
            if progress.is_over:
                return False
            if stop.wait(_LOOK):
                return True
            refusal = local.look()
            points = sweep.points()
            progress = Progress.of(points)
            if refusal and not local.are_there:
                raise Refused(refusal)
            # Without workers here, other machines may have the last points, unless all were told to
            # stop.
            if not local.are_there and (sweep.is_stopped or not progress.running):
                return False


@sweep.command()
@study_options
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="the series of one's own that the sweep reads",
)
@reading_options
@click.option(
    "--until-input-closes",
    is_flag=True,
    help="end as well when standard input closes, as it does when the program that started the "
    "worker ends or is killed",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    help="cores that a point is trained on, at most two; default: all that the worker has",
)
@click.option("--quiet", "-q", is_flag=True, help="print nothing but errors")
@click.pass_context
def worker(
    ctx: click.Context,
    /,
    storage: str,
    study: str,
    data: Path | None,
    time: str | None,
    missing: Any,
    until_input_closes: bool,
    threads: int | None,
    quiet: bool,
) -> None:
    """Work on a sweep, from any machine that reaches its storage, until nothing is left to do."""
    say = partial(click.echo, err=True)
    with _refusing(), ends_on_ctrl_c() as stop:
        if until_input_closes:
            ends_when_input_closes(stop)
        found = Sweep.open(storage, study)
        table = None if data is None else Data.read(data, time=time, missing=missing, say=say)
        finished = work(found, task_for=_task_for(found, table), cancel=stop, threads=threads)
        if not quiet:
            click.echo(f"{finished} points finished")
    if stop.is_set():
        ctx.exit(INTERRUPTED)


@sweep.command()
@study_options
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    help="CSV or Parquet file for one row a network",
)
def results(storage: str, study: str, out: Path | None) -> None:
    """Print the best points of a sweep, as far as it has come."""
    target = None if out is None else _target(out)
    with _refusing():
        found = Sweep.open(storage, study)
        points = found.points()
        click.echo(_head(found, found.progress()))
        for line in lines(found.space, points):
            click.echo(line)
    if target is not None:
        target.write(_written(target.path, table(found.space, points)))
        click.echo(f"saved in {target.path}")


@sweep.command()
@study_options
def stop(storage: str, study: str) -> None:
    """Let all workers end, on whatever machine; sweep SPACE goes on later."""
    with _refusing():
        Sweep.open(storage, study).stop()
    click.echo("The workers end within some seconds.")


def lines(space: Space, points: tuple[SweptPoint, ...]) -> list[str]:
    """The best points, with the spread over their seeds; and errors."""
    order = ranked(points)[:_SHOWN]
    found = []
    if order:
        names = [_named(point) for point in order]
        width = max(map(len, names)) + 2
        found.append(f"{space.objective:{width}}{'median':>12}{'lowest':>12}{'highest':>12}")
        for name, point in zip(names, order, strict=True):
            assert point.outcome is not None
            values = point.outcome.values
            found.append(
                f"{name:{width}}{point.outcome.value:12.5g}{min(values):12.5g}{max(values):12.5g}"
            )
    errors = {point.error for point in points if point.error}
    return found + [f"failed: {error}" for error in sorted(errors)]


def _named(point: SweptPoint) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in point.point.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _head(sweep: Sweep, progress: Progress) -> str:
    space = sweep.space
    said = f"{sweep.name}: {space.size} points × {space.seeds} seeds × {space.steps} steps"
    return f"{said}, {progress.finished} points finished" if progress.finished else said


def _words(points: tuple[SweptPoint, ...]) -> str:
    leader = best(points)
    if leader is None or leader.outcome is None or not math.isfinite(leader.outcome.value):
        return ""
    return f"best {leader.outcome.value:.4g}: {_named(leader)}"


def _target(path: Path) -> Target:
    if path.suffix not in {".csv", ".parquet"}:
        raise click.UsageError(f"--out must end in .csv or .parquet, got {path.name!r}.")
    return Target(path)


def _written(path: Path, columns: dict[str, list[Any]]) -> bytes:
    return columns_parquet(columns) if path.suffix == ".parquet" else columns_csv(columns).encode()


def _described(data: Data, plan: SeriesPlan) -> str:
    """A series and its use, as the sweep keeps them: not the series itself."""
    return json.dumps({"digest": data.series.digest, "plan": asdict(plan)}, sort_keys=True)


def _task_for(sweep: Sweep, data: Data | None) -> Callable[[RunConfig], SeriesTask | None]:
    """How the tasks of a sweep's points are made.

    Raises:
        Refused: when the sweep reads another series, or none.
    """
    if not sweep.series:
        if data is not None:
            raise Refused("The sweep reads no series of one's own. Leave --data out.")
        return lambda _config: None
    said = json.loads(sweep.series)
    plan = SeriesPlan(**{name: _tuple(value) for name, value in said["plan"].items()})
    if data is None or data.series.digest != said["digest"]:
        raise Refused(
            "The sweep reads a series of one's own, which its storage does not hold. Give the same "
            "file with --data, read with the same --time and --missing."
        )
    series = data.series
    return lambda config: SeriesTask(series, plan, config)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _reading(params: dict[str, Any]) -> list[str]:
    """The options of a worker that reads the same file."""
    if params["data"] is None:
        return []
    time = [] if params["time"] is None else ["--time", params["time"]]
    return ["--data", str(params["data"]), "--missing", params["missing"], *time]


@contextmanager
def _refusing() -> Iterator[None]:
    """Tell in its sentence what a storage refuses."""
    try:
        yield
    except StorageRefused as error:
        raise Refused(str(error)) from None
