"""From a table to a series: rows in the order of time, at regular times, without holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.tables.limits import MOST_ROWS
from rnn_core.io.tables.table import Table
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.series import Series
from rnn_core.series.interval import in_words

Missing = Literal["drop", "interpolate"]

#: Gaps and irregular steps that a report lists.
MOST_LISTED = 20
# A step that differs from the usual one by a larger share is no such step.
_JITTER = 0.05
_MONTH = np.timedelta64(28, "D")


@dataclass(frozen=True, slots=True)
class Gap:
    """Two successive rows whose times lie more than a step apart.

    Args:
        before: line of the earlier row.
        after: line of the later row.
        missing: rows that are missing between them.
    """

    before: int
    after: int
    missing: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a table.

    Args:
        rows: of the series.
        step: the time from one row to the next, in words; None without a time column.
        regular: whether all steps are equal, but for gaps; months and years count as equal.
        sorted: whether rows had to be put in order.
        gaps: the first ones, in the order of time.
        gap_count: how many gaps there are.
        missing: rows that are missing in all gaps.
        irregular: lines whose row comes neither one step nor whole steps after the one before; the
            first ones.
        irregular_count: how many there are.
        dropped: rows left out as a value or their time is missing.
        interpolated: rows with a value from their neighbours, those that fill gaps included.
        messages: all this in sentences, most important first.
    """

    rows: int
    step: Message | None
    regular: bool
    sorted: bool
    gaps: tuple[Gap, ...]
    gap_count: int
    missing: int
    irregular: tuple[int, ...]
    irregular_count: int
    dropped: int
    interpolated: int
    messages: tuple[Message, ...]


def clean(
    table: Table, time_column: str | None, columns: tuple[str, ...], missing: Missing = "drop"
) -> tuple[Series, Report]:
    """Make a series of a table.

    Args:
        table: as read.
        time_column: dates or numbers, to order the rows by; None where they are in order.
        columns: of numbers; those of the series.
        missing: ``"drop"`` leaves rows out where a value is missing; ``"interpolate"`` puts values
            on the line, in time, between those before and after, and fills gaps between regular
            times likewise. Rows before the first and after the last known value are left out.

    Returns:
        The series, and what was done.

    Raises:
        ValueError: when a column is missing or holds no numbers, two rows have the same time, or
            fewer than eight rows are left.
    """
    if not columns:
        raise InvalidValue(N_("A series needs at least one column of numbers. Choose one."))
    values = np.column_stack([_numbers(table, name) for name in columns])
    lines = table.lines
    times, was_sorted = None, False
    dropped = 0
    if time_column is not None:
        times = _times(table, time_column)
        known = ~(np.isnat(times) if times.dtype.kind == "M" else np.isnan(times))
        dropped = int((~known).sum())
        times, values, lines = times[known], values[known], lines[known]
        order = np.argsort(times, kind="stable")
        was_sorted = bool(np.any(np.diff(order) != 1)) if len(order) else False
        times, values, lines = times[order], values[order], lines[order]
        _refuse_duplicates(times, lines, time_column)
    steps = _Steps.of(times)
    gaps = _gaps(steps, lines)
    absent = sum(gap.missing for gap in gaps)
    if missing == "interpolate":
        times, values, filled = _fill_gaps(times, values, steps, gaps)
        values, guessed = _interpolate(values, _places(times, len(values)))
        keep = ~np.isnan(values).any(axis=1)
        interpolated = int((guessed | filled)[keep].sum())
    else:
        keep = ~np.isnan(values).any(axis=1)
        interpolated = 0
    dropped += int((~keep).sum())
    if keep.sum() == 0:
        raise InvalidValue(
            N_("No row has a number in each of the columns {columns}. Choose other columns."),
            columns=", ".join(columns),
        )
    series = Series(
        values=values[keep],
        columns=columns,
        name=table.name,
        times=None if times is None else times[keep],
    )
    irregular = [int(lines[place + 1]) for place in np.flatnonzero(steps.irregular)]
    report = Report(
        rows=len(series),
        step=steps.words,
        regular=not irregular,
        sorted=was_sorted,
        gaps=tuple(gaps[:MOST_LISTED]),
        gap_count=len(gaps),
        missing=absent,
        irregular=tuple(irregular[:MOST_LISTED]),
        irregular_count=len(irregular),
        dropped=dropped,
        interpolated=interpolated,
        messages=(),
    )
    object.__setattr__(report, "messages", tuple(_sentences(report)))
    return series, report


def time_column(table: Table) -> str | None:
    """The column that orders the rows unless another is chosen: the first one of dates."""
    return next(iter(table.named("date")), None)


def number_columns(table: Table, time: str | None) -> tuple[str, ...]:
    """The columns of a series unless others are chosen: those of numbers, in their order.

    A column that is mostly empty is left out: it would take most rows with it.

    Args:
        table: as read.
        time: the column that orders the rows, which is none of them.
    """
    return tuple(
        column.name
        for column in table.columns
        if column.kind == "number" and column.name != time and column.missing <= len(table) / 2
    )


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    column = table.column(name)
    if column.kind != "number":
        raise InvalidValue(
            N_("Column {column!r} holds {kind}, no numbers. Choose another column."),
            column=name,
            kind=Message(N_("dates") if column.kind == "date" else N_("text")),
        )
    return column.values


def _times(table: Table, name: str) -> NDArray[Any]:
    column = table.column(name)
    if column.kind == "text":
        raise InvalidValue(
            N_("Column {column!r} holds text, no times. Choose a column of dates or numbers."),
            column=name,
        )
    return column.values


def _refuse_duplicates(times: NDArray[Any], lines: NDArray[np.int64], column: str) -> None:
    same = np.flatnonzero(times[1:] == times[:-1])
    if len(same):
        first = same[0]
        raise InvalidValue(
            N_(
                "Lines {line} and {other} have the same time {time} in column {column!r}, the "
                "first of {count} such pairs. Leave one row of each out, or choose another time "
                "column."
            )
            if len(same) > 1
            else N_(
                "Lines {line} and {other} have the same time {time} in column {column!r}. "
                "Leave one out, or choose another time column."
            ),
            line=int(min(lines[first], lines[first + 1])),
            other=int(max(lines[first], lines[first + 1])),
            time=_plain(times[first]),
            column=column,
            count=len(same),
        )


def _plain(time: Any) -> str:
    text = f"{time:g}" if isinstance(time, np.floating) else str(time).replace("T", " ")
    return text.removesuffix(".000000").removesuffix(" 00:00:00")


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Steps between successive times, counted in the usual one.

    Args:
        words: the usual step.
        multiples: usual steps in each, shape ``(N - 1,)``; 1 where the step is irregular.
        irregular: where a step is no multiple of the usual one.
        months: of the usual step, where it is made of months; 0 otherwise.
        size: of the usual step in the unit of the times.
    """

    words: Message | None
    multiples: NDArray[np.int64]
    irregular: NDArray[np.bool_]
    months: int
    size: float

    @classmethod
    def of(cls, times: NDArray[Any] | None) -> _Steps:
        if times is None or len(times) < 2:
            none = np.zeros(0, np.int64)
            return cls(None, none, none.astype(bool), 0, 1.0)
        if times.dtype.kind == "M":
            monthly = cls._monthly(times)
            if monthly is not None:
                return monthly
            steps = np.diff(times).astype("timedelta64[us]").astype(np.float64)
        else:
            steps = np.diff(times)
        size = float(np.median(steps))
        counts = np.round(steps / size)
        irregular = np.abs(steps - counts * size) > _JITTER * size
        irregular |= counts < 1
        multiples = np.where(irregular, 1, np.clip(counts, 1, 1e15)).astype(np.int64)
        if times.dtype.kind == "M":
            words = in_words(size)
        else:
            words = Message(N_("{step:g}"), {"step": size})
        return cls(words, multiples, irregular, 0, size)

    @classmethod
    def _monthly(cls, times: NDArray[np.datetime64]) -> _Steps | None:
        """Steps in months, where all times stand at the same place of their month."""
        months = times.astype("datetime64[M]")
        rest = times - months
        last = (months + 1).astype("datetime64[us]") - times  # until the month ends
        if np.median(np.diff(times)) < _MONTH or not (
            np.all(rest == rest[0]) or np.all(last == last[0])
        ):
            return None
        counts = np.diff(months).astype(np.int64)
        size = int(np.median(counts))
        if size < 1:
            return None
        irregular = counts % size != 0
        if size % 12 == 0:
            one, many, count = N_("1 year"), N_("{count} years"), size // 12
        else:
            one, many, count = N_("1 month"), N_("{count} months"), size
        words = Message(one) if count == 1 else Message(many, {"count": count})
        return cls(words, np.where(irregular, 1, counts // size), irregular, size, float(size))


def _gaps(steps: _Steps, lines: NDArray[np.int64]) -> list[Gap]:
    return [
        Gap(int(lines[place]), int(lines[place + 1]), int(steps.multiples[place]) - 1)
        for place in np.flatnonzero(steps.multiples > 1)
    ]


def _fill_gaps(
    times: NDArray[Any] | None, values: NDArray[np.float64], steps: _Steps, gaps: list[Gap]
) -> tuple[NDArray[Any] | None, NDArray[np.float64], NDArray[np.bool_]]:
    """Times and values with rows of nan in the gaps, and where they are."""
    if times is None or not gaps:
        return times, values, np.zeros(len(values), bool)
    rows = len(values) + sum(gap.missing for gap in gaps)
    if rows > MOST_ROWS:
        raise InvalidValue(
            N_("With its gaps filled the series has {rows} rows, more than {most}. Drop them."),
            rows=rows,
            most=MOST_ROWS,
        )
    counts = np.concatenate([steps.multiples, [1]])
    source = np.repeat(np.arange(len(values)), counts)
    begins = np.cumsum(counts) - counts
    offset = np.arange(rows) - begins[source]
    filled = offset > 0
    made = values[source]
    made[filled] = np.nan
    if steps.months:
        months = times.astype("datetime64[M]")[source]
        moved = (months + offset * steps.months).astype(times.dtype)
        # At the same place of the month, from its beginning or from its end.
        rest = times - times.astype("datetime64[M]")
        if np.all(rest == rest[0]):
            grown = moved + rest[0]
        else:
            last = (times.astype("datetime64[M]") + 1).astype(times.dtype) - times
            grown = (months + offset * steps.months + 1).astype(times.dtype) - last[0]
    elif times.dtype.kind == "M":
        shift = np.round(offset * steps.size).astype(np.int64).astype("timedelta64[us]")
        grown = times[source] + shift
    else:
        grown = times[source] + offset * steps.size
    return np.where(filled, grown, times[source]), made, filled


def _places(times: NDArray[Any] | None, rows: int) -> NDArray[np.float64]:
    """Where the rows lie on a line on which values are interpolated."""
    if times is None:
        return np.arange(float(rows))
    if times.dtype.kind == "M":
        return np.asarray((times - times[0]).astype("timedelta64[us]"), np.float64)
    return np.asarray(times, np.float64)


def _interpolate(
    values: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values with inner holes filled, and the rows in which that was done."""
    made = values.copy()
    guessed = np.zeros(len(values), bool)
    for column in made.T:
        hole = np.isnan(column)
        known = np.flatnonzero(~hole)
        if not len(known):
            continue
        hole[: known[0]] = hole[known[-1] :] = False
        column[hole] = np.interp(places[hole], places[known], column[known])
        guessed |= hole
    return made, guessed


def _sentences(report: Report) -> list[Message]:
    """The report in words."""
    said = []
    if report.irregular_count:
        said.append(
            Message(
                N_(
                    "Times are irregular: the row in line {line}, the first of {count}, comes "
                    "neither one step of {step} nor whole steps after the one before. The network "
                    "treats all steps as equal."
                ),
                {
                    "count": report.irregular_count,
                    "step": report.step,
                    "line": report.irregular[0],
                },
            )
        )
    for gap in report.gaps[:3]:
        said.append(
            Message(
                N_("Rows missing between lines {before} and {after}: {missing}."),
                {"before": gap.before, "after": gap.after, "missing": gap.missing},
            )
        )
    if report.gap_count > 3:
        said.append(
            Message(
                N_("Gaps in all: {count}; rows missing in them: {missing}."),
                {"count": report.gap_count, "missing": report.missing},
            )
        )
    if report.dropped:
        said.append(
            Message(
                N_("Rows left out because a value is missing: {count}."),
                {"count": report.dropped},
            )
        )
    if report.interpolated:
        said.append(
            Message(N_("Rows with interpolated values: {count}."), {"count": report.interpolated})
        )
    if report.sorted:
        said.append(Message(N_("The rows were not in the order of time and have been sorted.")))
    return said
