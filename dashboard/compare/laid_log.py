"""A log from elsewhere, to be drawn beside a comparison: its files, and what is read of them.

Whatever goes wrong leaves the log that was there. Knows nothing of Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from rnn_core.io.logs import Choice, Log, LogFile, joined
from rnn_core.io.logs.limits import MOST_FILES, MOST_TOGETHER
from rnn_core.messages import N_, InvalidValue

#: Characters of a log's name.
LONGEST_NAME = 40
# What TensorBoard calls its files says nothing.
_NAMELESS = "events.out.tfevents"
# What tells the files of several seeds apart.
_NUMBERED = re.compile(r"[ _.-]*(seed|run)?[ _.-]*\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class LaidLog:
    """A log as it is drawn.

    Args:
        files: that it was read from, each with a run or several.
        choice: what is read of them.
        log: their runs on common steps.
        bands: median, 10th and 90th percentile over the runs, ``(3, K)``.
    """

    files: tuple[LogFile, ...]
    choice: Choice
    log: Log
    bands: NDArray[np.float64]

    @classmethod
    def of(
        cls, files: Sequence[LogFile], *, choice: Choice | None = None, name: str = ""
    ) -> LaidLog:
        """Lay the runs of files together.

        Args:
            files: at least one.
            choice: what to read; None for what the first file suggests.
            name: of the log; empty for that of the first file.

        Raises:
            ValueError: when a file lacks a column, no run has losses, or there are too many.
        """
        if len(files) > MOST_FILES or sum(file.numbers for file in files) > MOST_TOGETHER:
            raise InvalidValue(
                N_("A log has at most {files} files and {numbers} numbers. Remove it first."),
                files=MOST_FILES,
                numbers=MOST_TOGETHER,
            )
        choice = files[0].guess() if choice is None else choice
        log = joined(
            name or _named(files, choice), [run for file in files for run in file.runs(choice)]
        )
        return cls(tuple(files), choice, log, log.bands())

    def chosen(self, choice: Choice) -> LaidLog:
        """The log with other columns."""
        return LaidLog.of(self.files, choice=choice, name=self.log.name)

    def renamed(self, name: str) -> LaidLog:
        """The log with another name; an empty one changes nothing."""
        name = " ".join(name.split())[:LONGEST_NAME]
        return replace(self, log=replace(self.log, name=name)) if name else self

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
        return bool(np.any(self.bands[0] <= 0))

    def _shared(self, names: Callable[[LogFile], Sequence[str]]) -> list[str]:
        others = [set(names(file)) for file in self.files[1:]]
        return [name for name in names(self.files[0]) if all(name in other for other in others)]


def _named(files: Sequence[LogFile], choice: Choice) -> str:
    """What to call a log at first: the file, or what the names of several files share."""
    name = PurePath(files[0].name).stem
    if files[0].name.startswith(_NAMELESS):
        name = choice.losses[0]
    elif len(files) > 1:
        name = _NUMBERED.sub("", name) or name
    return " ".join(name.split())[:LONGEST_NAME] or "–"
