"""A log that was read: what it offers, and what is chosen of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.logs.limits import LONGEST_NAME, MOST_RUNS
from rnn_core.io.logs.log import Run
from rnn_core.messages import N_, InvalidValue

# Names of the column of steps, best first, and those of the column that tells runs apart.
_STEP_NAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (r"(global[_ ]?)?steps?", r".*\bstep|.*_step", r"iter.*|updates?", r"epochs?")
)
_RUN_NAMES = re.compile(r".*(run|seed|trial|fold|experiment)", re.IGNORECASE)
# What is logged beside losses.
_NO_LOSS = re.compile(
    r".*(step|epoch|iter|time|seed|\blr\b|learning.rate|acc|__min$|__max$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is read of a log.

    Args:
        losses: names of columns or tags; each is a run of its own.
        step: the column of steps; None counts the rows from 0, or takes the tags' own steps.
        run: the column whose values tell the runs apart; None if each column is one run.
    """

    losses: tuple[str, ...]
    step: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LogFile:
    """A log that was read from one file.

    Args:
        name: of the file.
        points: steps and losses of each tag that has steps of its own, both ``(N,)``.
        columns: numbers of each column of a table, ``(N,)``; nan where a cell is empty.
        labels: text of each column of a table, ``(N,)``.
    """

    name: str
    points: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(
        default_factory=dict
    )
    columns: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    labels: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    @property
    def losses(self) -> tuple[str, ...]:
        """Names that can be chosen as losses."""
        return (*self.points, *self.columns)

    @property
    def steps(self) -> tuple[str, ...]:
        """Columns that can be the steps; empty where tags have their own."""
        return tuple(self.columns)

    @property
    def run_columns(self) -> tuple[str, ...]:
        """Columns that can tell runs apart."""
        return (*self.labels, *self.columns)

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        own = sum(2 * len(steps) for steps, _losses in self.points.values())
        rows = [len(each) for each in (*self.columns.values(), *self.labels.values())]
        return own + sum(rows)

    def guess(self) -> Choice:
        """The choice that the names and values suggest: several columns that differ in a number
        alone, as ``seed_1`` and ``seed_2``, are the runs of one log."""
        step = self._guessed_step()
        run = self._guessed_run(step)
        names = [name for name in self.losses if name not in (step, run)] or list(self.losses)
        named = [name for name in names if "loss" in name.lower() and not _NO_LOSS.fullmatch(name)]
        named = named or [name for name in names if "loss" in name.lower()]
        others = [name for name in names if not _NO_LOSS.match(name) or _RUN_NAMES.match(name)]
        first = (named or others or names)[0]
        alike = [name for name in names if _kind(name) == _kind(first)]
        return Choice(tuple(alike[:MOST_RUNS]), step, run)

    def runs(self, choice: Choice) -> tuple[Run, ...]:
        """The runs of a choice.

        Raises:
            ValueError: when a column is missing, or there are too many runs.
        """
        if not choice.losses:
            raise InvalidValue(N_("Choose at least one loss."))
        for name in (*choice.losses, choice.step, choice.run):
            if name is not None and name not in (*self.losses, *self.labels):
                raise InvalidValue(
                    N_("{file!r} has no column {column!r}. Lay files beside that have it."),
                    file=self.name,
                    column=name,
                )
        found: list[Run] = []
        for name in choice.losses:
            label = f"{self.name}: {name}" if len(choice.losses) > 1 else self.name
            if name in self.points:
                found.append(Run(label, *self.points[name]))
                continue
            losses = self.columns[name]
            steps = (
                np.arange(len(losses), dtype=np.float64)
                if choice.step is None
                else self.columns[choice.step]
            )
            if choice.run is None:
                found.append(Run(label, steps, losses))
                continue
            keys, which = self._keys(choice.run)
            for number, key in enumerate(keys):
                rows = which == number
                found.append(Run(f"{label}: {key}", steps[rows], losses[rows]))
        return tuple(found)

    def _keys(self, column: str) -> tuple[list[str], NDArray[np.intp]]:
        """The values of a column that tells runs apart, and which of them each row has."""
        values = self.labels[column] if column in self.labels else self.columns[column]
        keys, which = np.unique(values, return_inverse=True)
        if len(keys) > MOST_RUNS:
            raise InvalidValue(
                N_("Column {column!r} tells {count} runs apart, more than {most}."),
                column=column,
                count=len(keys),
                most=MOST_RUNS,
            )
        shown = [str(key) if column in self.labels else f"{key:g}" for key in keys]
        return [key[:LONGEST_NAME] for key in shown], which

    def _guessed_step(self) -> str | None:
        for pattern in _STEP_NAMES:
            for name in self.columns:
                if pattern.fullmatch(name):
                    return name
        if len(self.columns) < 2:
            return None
        first = next(iter(self.columns))
        values = self.columns[first]
        rises = bool(np.all(np.diff(values) > 0))  # false with an empty cell
        return first if rises else None

    def _guessed_run(self, step: str | None) -> str | None:
        """The column with which every step is there once, where steps alone are not."""
        if step is None:
            return None
        steps = self.columns[step]
        known = ~np.isnan(steps)
        if len(np.unique(steps[known])) == int(known.sum()):
            return None
        named = [name for name in self.run_columns if _RUN_NAMES.match(name) and name != step]
        for name in (*named, *(name for name in self.labels if name not in named)):
            try:
                _keys, which = self._keys(name)
            except ValueError:
                continue
            pairs = np.stack([which[known], steps[known]])
            if name in named or np.unique(pairs, axis=1).shape[1] == pairs.shape[1]:
                return name
        return None


def _kind(name: str) -> str:
    """What the names of the runs of one table share: ``seed_1`` and ``seed_2``, ``a - loss`` and
    ``b - loss``."""
    return re.sub(r"\d+", "#", name.rpartition(" - ")[2])
