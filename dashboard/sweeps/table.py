"""What a sweep has found as tables: on screen, and as files. Knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.app.link import query, write_link
from dashboard.app.settings import LANGUAGE, RUN_SETTINGS
from dashboard.app.text import shown
from rnn_core import CELLS
from rnn_core.experiments.sweep import Space, SweptPoint, ranked, table
from rnn_core.io.tables import columns_csv, columns_parquet

#: Rows of the table on screen.
MOST_ROWS = 50


def value_name(name: str, value: object) -> str:
    """A value of a setting that varies, as charts and tables show it."""
    if isinstance(value, float):
        return format(value, ".4g")  # those drawn at random have six digits
    return str(CELLS[str(value)].title) if name == "cell" else shown(name, value)


def train_link(space: Space, point: Mapping[str, Any], language: str | None) -> str:
    """The address of the Train page with a point's settings and its first seed.

    Args:
        space: of the sweep.
        point: values of the settings that vary.
        language: that was chosen; None for the browser's.
    """
    config = space.config(point)
    parameters = write_link(config.to_dict(), RUN_SETTINGS)
    if language is not None:
        parameters[LANGUAGE.name] = language
    return "./" + (query(parameters) if parameters else "")


def best_rows(
    space: Space, points: Sequence[SweptPoint], language: str | None
) -> list[dict[str, Any]]:
    """The best points: their link, settings, median, lowest and highest value of the seeds.

    Args:
        space: of the sweep.
        points: of the sweep.
        language: as in `train_link`.
    """
    rows = []
    for rank, each in enumerate(ranked(points)[:MOST_ROWS], start=1):
        outcome = each.outcome
        assert outcome is not None
        row: dict[str, Any] = {"rank": rank, "link": train_link(space, each.point, language)}
        row |= {name: value_name(name, each.point[name]) for name in space.axes}
        row |= {
            "median": outcome.value,
            "lowest": min(outcome.values),
            "highest": max(outcome.values),
            "diverged": outcome.diverged,
            "parameters": outcome.parameters,
        }
        rows.append(row)
    return rows


def as_csv(space: Space, points: Sequence[SweptPoint]) -> bytes:
    """One row for each network, as CSV."""
    return columns_csv(table(space, points)).encode()


def as_parquet(space: Space, points: Sequence[SweptPoint]) -> bytes:
    """One row for each network, as Parquet."""
    return columns_parquet(table(space, points))
