"""A series of one's own on the command line: its file, its columns, its split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from rnn_core.cli.files import Refused
from rnn_core.config import RunConfig
from rnn_core.io.checkpoint import Checkpoint
from rnn_core.io.tables import Table, clean, number_columns, read_table, time_column
from rnn_core.io.tables.cleaning import Missing, Report
from rnn_core.io.tables.limits import MOST_BYTES
from rnn_core.series import BUNDLED, Series, SeriesPlan, bundled_series
from rnn_core.series.interval import Interval
from rnn_core.series.plan import SHARE
from rnn_core.tasks.other_rows import OtherRows
from rnn_core.tasks.series import SERIES, SeriesTask

_F = TypeVar("_F", bound=Callable[..., Any])

# Notes on a file that are printed; a page has room for all.
_MOST_NOTES = 5
_SPLIT = ("validation", "test", "standardise")


@dataclass(frozen=True, slots=True)
class Data:
    """A file with a series.

    Args:
        series: all its columns of numbers.
        table: what it was made of.
        time: the column that orders the rows; None for none.
        missing: what became of missing values.
    """

    series: Series
    table: Table
    time: str | None = None
    missing: Missing = "drop"

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        time: str | None = None,
        missing: Missing = "drop",
        say: Callable[[str], None] = lambda _text: None,
    ) -> Data:
        """Read a file as the Data page does unless something is corrected there.

        Args:
            path: of the file.
            time: the column that orders the rows; None for the first one of dates.
            missing: what becomes of missing values, as in `rnn_core.io.tables.clean`.
            say: is told what was noticed, in sentences.

        Raises:
            OSError: when it cannot be read.
            ValueError: when no series can be made of it.
        """
        with path.open("rb") as file:
            # One byte more than is allowed suffices to refuse it.
            table = read_table(file.read(MOST_BYTES + 1), path.name)
        time = time or time_column(table)
        series, report = clean(table, time, number_columns(table, time), missing)
        _tell(table, report, (time, *series.columns), say)
        return cls(series, table, time, missing)

    def only(self, columns: tuple[str, ...], say: Callable[[str], None]) -> Series:
        """The series of these columns alone: others that miss a value cost no row.

        Args:
            columns: names.
            say: as in `read`.

        Raises:
            Refused: when there is no such column, or it holds no numbers.
            ValueError: when no series can be made of them.
        """
        there = [column.name for column in self.table.columns]
        absent = [name for name in columns if name not in there]
        if absent:
            raise Refused(
                f"{self.series.name} has no column {', '.join(map(repr, absent))}, which the run "
                f"reads or forecasts. Its columns are {', '.join(there)}."
            )
        for name in columns:
            if self.table.column(name).kind != "number":
                self._require_numbers(name)
        series, report = clean(self.table, self.time, columns, self.missing)
        _tell(self.table, report, (self.time, *columns), say)
        return series

    def columns(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Columns of the series from what stands on the command line.

        Args:
            names: of columns, or several of them with commas between.

        Raises:
            ValueError: when there is no such column, or it holds no numbers.
        """
        found: list[str] = []
        for name in names:
            whole = name in {column.name for column in self.table.columns}
            found += [name] if whole else [part.strip() for part in name.split(",")]
        for name in found:
            self._require_numbers(name)
        return tuple(found)

    def _require_numbers(self, name: str) -> None:
        if name in self.series.columns:
            return
        column, lines = self.table.column(name), self.table.lines
        others = f"Choose one of these columns: {', '.join(self.series.columns)}."
        if column.kind == "number":
            raise Refused(
                f"Column {name!r} is empty in {column.missing} of {len(lines)} rows. {others}"
            )
        first = next((row for row, value in enumerate(column.values) if str(value)), 0)
        raise Refused(
            f"Line {lines[first]}, column {name!r}: {str(column.values[first])[:40]!r} is no "
            f"number. {others}"
        )


def _tell(
    table: Table, report: Report, columns: tuple[str | None, ...], say: Callable[[str], None]
) -> None:
    """Say what was noticed in columns that are read."""
    notes = [
        str(note)
        for note in (*table.problems, *report.messages)
        if note.values.get("column", columns[0]) in columns
    ]
    for note in notes[:_MOST_NOTES]:
        say(f"{table.name}: {note}")
    if len(notes) > _MOST_NOTES:
        say(f"{table.name}: {len(notes) - _MOST_NOTES} more notes of this kind.")


def data_options(command: _F) -> _F:
    """Give a command the options that read a series, choose its columns and split it."""
    share = click.FloatRange(SHARE.low, SHARE.high)
    for option in reversed(
        (
            click.option(
                "--data",
                type=click.Path(dir_okay=False, path_type=Path),
                metavar="FILE",
                help="forecast a series of your own: CSV, TSV, Excel, OpenDocument or Parquet",
            ),
            click.option(
                "--target",
                multiple=True,
                metavar="COLUMN",
                help="column to forecast; default: the first input. May be repeated",
            ),
            click.option(
                "--inputs",
                multiple=True,
                metavar="COLUMN,…",
                help="columns to read; default: the targets, else the first column of numbers",
            ),
            click.option(
                "--horizon", type=click.INT, help="rows to look ahead: --delay by another name"
            ),
            reading_options,
            click.option("--validation", type=share, help="share of the rows; default 0.15"),
            click.option("--test", type=share, help="share of the rows; default 0.15"),
            click.option(
                "--standardise/--no-standardise",
                default=None,
                help="by mean and deviation of the training part; default yes",
            ),
        )
    ):
        command = option(command)
    return command


def reading_options(command: _F) -> _F:
    """Give a command the options that say how a series is made of a table."""
    command = click.option(
        "--missing",
        type=click.Choice(("drop", "interpolate")),
        default="drop",
        show_default=True,
        help="what becomes of rows with missing values",
    )(command)
    return click.option(
        "--time", metavar="COLUMN", help="orders the rows; default: the first column of dates"
    )(command)


def data_of(params: dict[str, Any], say: Callable[[str], None]) -> Data | None:
    """The file that stands on the command line; None without one.

    Args:
        params: of a command with `data_options`.
        say: as in `Data.read`.

    Raises:
        click.UsageError: when something is chosen of a series, and there is none.
    """
    if params["data"] is None:
        for name in ("target", "inputs", "horizon", "time", *_SPLIT):
            if params[name] not in (None, ()):
                raise click.UsageError(
                    f"--{name} chooses from a series. Give its file with --data."
                )
        return None
    return Data.read(params["data"], time=params["time"], missing=params["missing"], say=say)


def plan_of(data: Data, params: dict[str, Any]) -> SeriesPlan:
    """How the series is used, as the command line says it.

    Raises:
        ValueError: when there is no such column, or it holds no numbers.
    """
    targets, inputs = data.columns(params["target"]), data.columns(params["inputs"])
    inputs = inputs or targets or data.series.columns[:1]
    more = {name: params[name] for name in _SPLIT if params[name] is not None}
    return SeriesPlan(inputs=inputs, targets=targets or inputs[:1], **more)


def refuse_plan(params: dict[str, Any]) -> None:
    """Refuse columns and a split beside a run that has its own.

    Raises:
        click.UsageError: when one of them stands on the command line.
    """
    for name in ("target", "inputs", *_SPLIT):
        if params[name] not in (None, ()):
            raise click.UsageError(
                f"The run has its own columns and split. Leave --{name} out, and give --data alone."
            )


def with_series(flags: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The settings of the command line, for the task that reads a series.

    Args:
        flags: the settings that stand there.
        params: of a command with `data_options`.

    Raises:
        click.UsageError: when they ask for another task or two horizons.
    """
    if flags.get("task", SERIES.name) != SERIES.name:
        raise click.UsageError(f"--data is for the task {SERIES.name}, not {flags['task']}.")
    horizon = params["horizon"]
    if horizon is not None and flags.get("delay", horizon) != horizon:
        raise click.UsageError("--horizon and --delay are the same setting. Give one of them.")
    found = {**flags, "task": SERIES.name}
    return found if horizon is None else {**found, "delay": horizon}


def task_of(
    checkpoint: Checkpoint, data: Data | None, plan: SeriesPlan | None = None
) -> SeriesTask | None:
    """The task that a saved run was trained on, where its settings do not tell.

    Args:
        checkpoint: the run.
        data: the series that was given with it; None for none.
        plan: how the series is used, where the file does not tell.

    Returns:
        The task; None where the settings tell it.

    Raises:
        Refused: when the series is another one.
        ValueError: as `SeriesTask`.
    """
    config: RunConfig = checkpoint.config
    if checkpoint.plan is not None:
        plan = checkpoint.plan
    if data is None:
        if plan is None or config.task != SERIES.name:
            return None
        for name in BUNDLED:
            series = bundled_series(name)
            if series.digest == checkpoint.digest:
                return SeriesTask(series, plan, config)
        return None
    series = data.series
    if not checkpoint.digest:
        raise Refused("The run was trained on no series. Leave the data out.")
    if series.digest != checkpoint.digest:
        raise Refused(
            f"{series.name} is not the series that the run was trained on: the digests are "
            f"{series.digest} and {checkpoint.digest}. Give the same file, read with the same "
            "--time and --missing."
        )
    plan = plan or SeriesPlan(inputs=series.columns[:1], targets=series.columns[:1])
    return SeriesTask(series, plan, config)


def is_other(checkpoint: Checkpoint, data: Data) -> bool:
    """Whether a run was trained on a series, and on another one than this."""
    return bool(checkpoint.digest) and data.series.digest != checkpoint.digest


def other_rows_of(
    checkpoint: Checkpoint, data: Data, say: Callable[[str], None], *, all_rows: bool = False
) -> OtherRows:
    """Newer or other rows of the columns that a saved run was trained on.

    Args:
        checkpoint: the run.
        data: the rows.
        say: is told what was noticed in the columns of the run, and what could not be checked.
        all_rows: score rows, too, whose times the run's own series has.

    Raises:
        Refused: when the rows do not fit the run, or it has seen all of them.
        ValueError: as `OtherRows`.
    """
    trained, plan = checkpoint.trained_series, checkpoint.plan
    if trained is None or plan is None:
        raise Refused(
            f"{data.series.name} is not the series that the run was trained on, and the run's file "
            "keeps too little of that one to score other rows. Open the run with its own series, "
            "and save it again."
        )
    series = data.only(tuple(dict.fromkeys((*plan.inputs, *plan.targets))), say)
    _require_interval(series, trained.interval, say)
    first = 0
    if not all_rows:
        seen = trained.seen(series, plan)
        first = seen.stop if seen.stop > seen.start else 0
        if first == len(series):
            raise Refused(
                f"{series.name} has no row after those that the run was trained, validated or "
                "tested on. Give newer rows; --all-rows scores these, as those of another series. "
                "For the run's own series, give the same --time and --missing."
            )
    return OtherRows(series, plan, checkpoint.config, trained, first)


def _require_interval(series: Series, trained: Interval | None, say: Callable[[str], None]) -> None:
    """Refuse rows that were sampled at another interval than those of a run."""
    found = Interval.of(series.times)
    if found is not None and trained is not None:
        if not found.same(trained):
            raise Refused(
                f"The rows of {series.name} are {found} apart, those of the run's series "
                f"{trained}. Give rows at the same interval."
            )
    elif found is not None or trained is not None:
        which = series.name if found is None else "The run's series"
        say(f"{which} has no times, so the interval between rows was not compared.")
