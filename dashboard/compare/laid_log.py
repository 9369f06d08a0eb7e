"""Logs from elsewhere, to be drawn beside a comparison: their files, and what is read of them.

Whatever goes wrong leaves the logs that were there. Knows nothing of Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.logs import Choice, Log, LogFile, Run, joined
from rnn_core.io.logs.limits import MOST_FILES, MOST_POINTS, MOST_TOGETHER
from rnn_core.messages import N_, InvalidValue

#: Logs that are drawn at once: each has a colour that no contender has.
MOST_LOGS = 3
#: Characters of a log's name.
LONGEST_NAME = 40
# The shortest beginning of a long log with points of its own; each further one is twice as long.
_BEGINNING = 32
# What TensorBoard calls its files says nothing.
_NAMELESS = "events.out.tfevents"
# What tells the files of several seeds apart.
_NUMBERED = re.compile(r"[ _.-]*(seed|run)?[ _.-]*\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Median, 10th and 90th percentile over the runs of a log, or of its beginning.

    Args:
        steps: shape ``(K,)``, ascending.
        values: the three of them, ``(3, K)``.
    """

    steps: NDArray[np.float64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, log: Log) -> Band:
        """The band of a whole log."""
        return cls(log.steps, log.bands())

    def until(self, step: float) -> Band:
        """The band up to a step, where it is interpolated linearly."""
        count = int(np.searchsorted(self.steps, step, side="right"))
        if not 0 < count < len(self.steps) or self.steps[count - 1] == step:
            return Band(self.steps[:count], self.values[:, :count])
        (before, after), (low, high) = (
            self.values[:, count - 1 : count + 1].T,
            self.steps[count - 1 : count + 1],
        )
        edge = before + (after - before) * (step - low) / (high - low)
        return Band(
            np.append(self.steps[:count], step),
            np.concatenate([self.values[:, :count], edge[:, None]], axis=1),
        )


@dataclass(frozen=True, slots=True, eq=False)
class LaidLog:
    """A log as it is drawn.

    Args:
        files: that it was read from, each with a run or several.
        choice: what is read of them.
        log: their runs on common steps.
        band: over its runs.
        beginnings: of a log that was thinned, bands of its first 32, 64, 128 … steps.
        slot: from 0 to `MOST_LOGS` - 1; it decides colour and dashes.
    """

    files: tuple[LogFile, ...]
    choice: Choice
    log: Log
    band: Band
    beginnings: tuple[tuple[int, Band], ...] = ()
    slot: int = 0

    @classmethod
    def of(
        cls,
        files: Sequence[LogFile],
        *,
        choice: Choice | None = None,
        name: str = "",
        slot: int = 0,
    ) -> LaidLog:
        """Lay the runs of files together.

        Args:
            files: at least one.
            choice: what to read; None for what the first file suggests.
            name: of the log; empty for that of the first file.
            slot: of the log.

        Raises:
            ValueError: when a file lacks a column, no run has losses, or there are too many.
        """
        _require_room(files)
        choice = files[0].guess() if choice is None else choice
        runs = [run for file in files for run in file.runs(choice)]
        log = joined(name or _named(files, choice), runs)
        return cls(tuple(files), choice, log, Band.of(log), _beginnings(log, runs), slot)

    def chosen(self, choice: Choice) -> LaidLog:
        """The log with other columns."""
        return LaidLog.of(self.files, choice=choice, name=self.log.name, slot=self.slot)

    def renamed(self, name: str) -> LaidLog:
        """The log with another name; an empty one changes nothing."""
        name = " ".join(name.split())[:LONGEST_NAME]
        return replace(self, log=replace(self.log, name=name)) if name else self

    def drawn(self, end: float | None) -> Band:
        """What is drawn of it.

        Args:
            end: the last step; None for all.
        """
        if end is None or end >= self.last:
            return self.band
        close = (band for length, band in self.beginnings if length >= end)
        return next(close, self.band).until(end)

    @property
    def last(self) -> float:
        """Its last step."""
        return float(self.log.steps[-1])

    @property
    def losses(self) -> list[str]:
        """Columns or tags that all files have."""
        return self._shared(lambda file: file.losses)

    @property
    def steps(self) -> list[str]:
        """Columns of all files that can be the steps."""
        return self._shared(lambda file: file.steps)

    @property
    def run_columns(self) -> list[str]:
        """Columns of all files that can tell runs apart."""
        return self._shared(lambda file: file.run_columns)

    @property
    def has_undrawn(self) -> bool:
        """Whether it has losses that a logarithmic axis cannot show."""
        return bool(np.any(self.band.values[0] <= 0))

    def _shared(self, names: Callable[[LogFile], Sequence[str]]) -> list[str]:
        others = [set(names(file)) for file in self.files[1:]]
        return [name for name in names(self.files[0]) if all(name in other for other in others)]


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """All logs that lie beside a comparison.

    Args:
        logs: up to `MOST_LOGS`, each with a slot of its own, in the order of these.
        whole: whether they are drawn to their last step, however far the contenders are.
    """

    logs: tuple[LaidLog, ...] = ()
    whole: bool = False

    def with_log(self, log: LaidLog) -> Beside:
        """With a log in place of the one in its slot, if there is one.

        Raises:
            ValueError: when the files of all logs together are too many.
        """
        others = [each for each in self.logs if each.slot != log.slot]
        _require_room([file for each in (*others, log) for file in each.files])
        return replace(self, logs=tuple(sorted((*others, log), key=lambda each: each.slot)))

    def without(self, slot: int) -> Beside:
        """Without the log in a slot."""
        return replace(self, logs=tuple(each for each in self.logs if each.slot != slot))

    def free_slot(self) -> int:
        """The first slot without a log.

        Raises:
            ValueError: when there is none.
        """
        taken = {each.slot for each in self.logs}
        for slot in range(MOST_LOGS):
            if slot not in taken:
                return slot
        raise InvalidValue(
            N_("At most {most} logs lie beside a comparison. Remove one first."), most=MOST_LOGS
        )

    def end(self, newest: int, least: int) -> float | None:
        """The step up to which logs are drawn, so that they do not squeeze the contenders' curves.

        Args:
            newest: the contenders' last step. At step 0 nothing can be squeezed.
            least: the step that the axis reaches at least.

        Returns:
            The step; None for the last one of each log.
        """
        return None if self.whole or not newest else float(max(newest, least))


def _require_room(files: Sequence[LogFile]) -> None:
    """Refuse more files than a session can bear."""
    if len(files) > MOST_FILES or sum(file.numbers for file in files) > MOST_TOGETHER:
        raise InvalidValue(
            N_(
                "Logs have at most {files} files and {numbers} numbers together. Remove a log "
                "first."
            ),
            files=MOST_FILES,
            numbers=MOST_TOGETHER,
        )


def _beginnings(log: Log, runs: Sequence[Run]) -> tuple[tuple[int, Band], ...]:
    """Bands of the beginnings of a log that was thinned, with as many points as the whole."""
    if len(log.steps) < MOST_POINTS:
        return ()
    found = []
    ordered = [run for run in (each.in_order() for each in runs) if len(run.steps)]
    length = _BEGINNING
    while length < log.steps[-1]:
        found.append((length, Band.of(joined(log.name, [run.until(length) for run in ordered]))))
        length *= 2
    return tuple(found)


def _named(files: Sequence[LogFile], choice: Choice) -> str:
    """What to call a log at first: the file, or what the names of several files share."""
    name = PurePath(files[0].name).stem
    if files[0].name.startswith(_NAMELESS):
        name = choice.losses[0]
    elif len(files) > 1:
        name = _NUMBERED.sub("", name) or name
    return " ".join(name.split())[:LONGEST_NAME] or "–"
