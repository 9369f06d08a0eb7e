"""Charts as the browser gets them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dashboard.charts.arrow import read
from dashboard.charts.base import Chart


def tables(chart: Chart) -> dict[str, pa.Table]:
    """The datasets, by name."""
    return {name: read(rows) for name, rows in chart.tables.items()}


def rows(chart: Chart) -> dict[str, list[dict[str, Any]]]:
    """The datasets' rows, by name."""
    return {name: table.to_pylist() for name, table in tables(chart).items()}


def datasets_in(spec: object) -> set[str]:
    """Names of the datasets that a specification draws."""
    if isinstance(spec, dict):
        own = {spec["data"]["name"]} if "name" in spec.get("data", {}) else set()
        return own.union(*(datasets_in(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(datasets_in(value) for value in spec))
    return set()
