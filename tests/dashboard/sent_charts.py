"""Charts as the browser gets them."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import vl_convert

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


def svg(chart: Chart, width: int = 500) -> str:
    """What a browser draws of a chart that fits into a page of this width, as SVG."""
    fit = {"type": "fit", "contains": "padding"}
    spec = {**chart.spec, "width": width, "autosize": fit, "datasets": rows(chart)}
    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    return drawn


def plot_size(chart: Chart, width: int = 500) -> tuple[float, float]:
    """Width and height that are left for the marks of a chart in a page of this width."""
    found = re.search(r'class="background"[^>]*d="M0\.5,0\.5h([\d.]+)v([\d.]+)', svg(chart, width))
    assert found
    return float(found[1]), float(found[2])
