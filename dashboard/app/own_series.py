"""The series that the task ``series`` forecasts: the visitor's own, or a bundled one.

The visitor's own series is kept in the memory of the session alone: it is never written to disk,
never reaches another session, and goes when the session ends. Links name it and hold none of it.

Knows nothing of widgets: what is chosen comes from the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from dashboard.app.settings import PageSetting
from rnn_core import RunConfig
from rnn_core.rules import Choice, Flag
from rnn_core.series import BUNDLED, Series, SeriesPlan, bundled_series
from rnn_core.series.plan import SHARE
from rnn_core.tasks.series import EXAMPLE, SERIES, SeriesTask

# Tasks of a session that are kept: a comparison and a run may have different windows.
_KEPT = 4
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class File:
    """A file as a link names it.

    Args:
        name: of the file.
        digest: `Series.digest` of what was read from it.
    """

    name: str
    digest: str


def _columns(text: str) -> tuple[str, ...]:
    """The columns that a link names."""
    return tuple(unquote(name) for name in text.split(",") if name)


def _write_columns(columns: tuple[str, ...]) -> str:
    return ",".join(quote(name, safe=" ()") for name in columns)


def _file(text: str) -> File:
    """The file that a link names."""
    name, _colon, digest = text.rpartition(":")
    return File(name[:_LONGEST_NAME], digest[:16])


def _write_file(file: File | None) -> str:
    return f"{file.name}:{file.digest}" if file else ""


#: The bundled series.
DATASET = PageSetting("series", Choice(tuple(BUNDLED)), EXAMPLE, live=False, page="data")
#: The visitor's file, in place of the bundled series; None without one.
FILE = PageSetting("file", None, None, live=False, page="data", parse=_file, write=_write_file)
INPUTS = PageSetting(
    "inputs", None, (), live=False, page="data", parse=_columns, write=_write_columns
)
TARGETS = PageSetting(
    "targets", None, (), live=False, page="data", parse=_columns, write=_write_columns
)
VALIDATION = PageSetting("validation", SHARE, 0.15, live=False, page="data")
TEST = PageSetting("test", SHARE, 0.15, live=False, page="data")
STANDARDISE = PageSetting("standardise", Flag(), True, live=False, page="data")

SETTINGS = (DATASET, FILE, INPUTS, TARGETS, VALIDATION, TEST, STANDARDISE)


@lru_cache(maxsize=len(BUNDLED))
def bundled(name: str) -> Series:
    """A bundled series, read once."""
    return bundled_series(name)


class OwnSeries:
    """What one session forecasts.

    Args:
        choices: what was chosen, by setting.
        file: what was read from the visitor's file; None without one.
    """

    def __init__(self, choices: Mapping[str, Any], file: Series | None = None) -> None:
        def chosen(setting: PageSetting) -> Any:
            return choices.get(setting.name, setting.beginning)

        wanted: File | None = chosen(FILE)
        #: The file that was asked for and is not here; None if there is none.
        self.missing = wanted if wanted and (file is None or wanted.digest != file.digest) else None
        own = wanted is not None and self.missing is None
        self.series = file if own and file is not None else bundled(chosen(DATASET))
        inputs = self._known(chosen(INPUTS)) or self.series.columns[:1]
        self.plan = SeriesPlan(
            inputs=inputs,
            targets=self._known(chosen(TARGETS)) or inputs[:1],
            validation=chosen(VALIDATION),
            test=chosen(TEST),
            standardise=chosen(STANDARDISE),
        )

    def _known(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.series.columns)

    def task(self, config: RunConfig, kept: dict[Any, SeriesTask] | None = None) -> SeriesTask:
        """The task with the settings of a config.

        Args:
            config: window_length, delay and batch_size are read.
            kept: tasks that were built before; the last few are kept there, because their floors
                take time to compute.

        Raises:
            ValueError: as `SeriesTask`.
        """
        key = (
            self.series.digest,
            self.plan,
            config.window_length,
            config.delay,
            config.batch_size,
        )
        kept = {} if kept is None else kept
        if key not in kept:
            kept[key] = SeriesTask(self.series, self.plan, config)
            while len(kept) > _KEPT:
                del kept[next(iter(kept))]
        kept[key] = kept.pop(key)  # the last one used is the last to go
        return kept[key]


def reads_series(config: RunConfig) -> bool:
    """Whether a config is for the task that reads the series."""
    return config.task == SERIES.name
