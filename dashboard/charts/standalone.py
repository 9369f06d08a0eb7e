"""Charts outside the page: on a light ground, in colours and fonts that every program knows.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from threading import Lock
from typing import Any, Literal

from dashboard.charts.arrow import read
from dashboard.charts.base import Chart

#: Formats of `picture`, with their media types.
PICTURES = {"png": "image/png", "svg": "image/svg+xml"}
# Of text, of axes and legends, of grid lines, and behind all, on a light page.
_TEXT, _QUIET, _GRID, _PAPER = "#31333f", "#5b6070", "#e6e9ef", "white"
# Significant digits of a number: more than can be seen.
_DIGITS = 5
_SETTINGS = Path(__file__).parents[2] / ".streamlit" / "config.toml"
# Width of a picture in pixels of the page, and how many of its own a PNG has for each of them: 300
# to the inch where it is printed 16 cm wide.
_WIDTH, _SCALE = 960, 2
# In processes of their own, because making bundle or picture takes 130 MB that are never freed.
_BUNDLE = "import vl_convert; print(vl_convert.javascript_bundle(vl_version='6.4'))"
_DRAW = {
    "png": (
        "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.vegalite_to_png("
        f"sys.stdin.read(), vl_version='6.4', scale={_SCALE}))"
    ),
    "svg": (
        "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.vegalite_to_svg("
        "sys.stdin.read(), vl_version='6.4').encode())"
    ),
}
# A machine's own fonts; Chinese first in fonts made for it, which have the Latin letters too.
_FONT = "system-ui, sans-serif"
_CHINESE_FONT = (
    "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', system-ui, sans-serif"
)
_making = Lock()
_PAGE = Template("""<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; color: light-dark(#31333f, #e8e8e6);
  background: light-dark(#fff, #171614);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5; }
h1 { font-size: 1.5rem; margin: 0; }
p { margin: 0.5rem 0 1rem; color: light-dark(#5b6070, #a9a7a3); }
p.settings { font: 0.8rem ui-monospace, monospace; margin-top: 1.5rem; }
#chart { display: flex; flex-direction: column; width: 100%; padding: 0; }
#chart .vega-bindings { order: -1; display: flex; flex-wrap: wrap;
  gap: 0.5rem 1.5rem; margin: 0 0 1rem; }
#chart .vega-bind { display: flex; align-items: center; gap: 0.5rem; }
#chart input[type=range] { width: 14rem; max-width: 45vw; accent-color: light-dark($accent); }
</style>
</head>
<body>
<h1>$title</h1>
<p>$reading</p>
<div id="chart" role="group" aria-label="$alt"></div>
<p class="settings">$settings</p>
<!-- Vega, Vega-Lite and Vega-Embed: (c) 2013-2026 University of Washington Interactive Data Lab and
     contributors, BSD 3-Clause License, https://github.com/vega -->
<script>$bundle</script>
<script>
const chart = $chart;
const width = document.getElementById("chart").clientWidth;
for (const part of chart.vconcat ?? [chart]) part.width = width;
// Colour by colour, what a light page has becomes what a dark one has.
const dark = $dark;
const inDark = matchMedia("(prefers-color-scheme: dark)").matches;
const coloured = (part) =>
  JSON.parse(JSON.stringify(part), (_key, value) => (inDark && dark[value]) || value);
const { datasets, ...look } = chart;
vegaEmbed("#chart", { ...coloured(look), datasets }, {actions: false, renderer: "canvas"});
</script>
</body>
</html>
""")


def html(chart: Chart, language: str, title: str, reading: str, settings: str) -> str:
    """A page with a chart that works offline: one file.

    Args:
        chart: one specification, or several below each other.
        language: of the texts, a code such as ``zh_CN``.
        title: heading of the page.
        reading: how to read it, below the heading.
        settings: the settings that reproduce the run, below the chart.
    """
    return _PAGE.substitute(
        language=escape(language.replace("_", "-")),
        title=escape(title),
        reading=escape(reading),
        settings=escape(settings),
        alt=escape(chart.alt),
        accent=", ".join(_theme(scheme)["primaryColor"] for scheme in ("light", "dark")),
        dark=json.dumps(_in_dark(), separators=(",", ":")),
        bundle=_bundle(),
        # Inside a script, "</" would be read as its end.
        chart=json.dumps(
            specification(chart, language), ensure_ascii=False, separators=(",", ":")
        ).replace("</", "<\\/"),
    )


def picture(chart: Chart, language: str, kind: str) -> bytes:
    """A chart as a picture, on white.

    Args:
        chart: one specification, or several below each other.
        language: of the texts, a code such as ``zh_CN``.
        kind: one of `PICTURES`. A PNG is some 1,920 pixels wide: 300 to the inch on a page.
    """
    return made_apart(_DRAW[kind], json.dumps(of_width(chart, language, _WIDTH)))


def of_width(chart: Chart, language: str, width: int) -> dict[str, Any]:
    """`specification` of a picture whose plots are so many pixels wide, with a margin."""
    spec = {**specification(chart, language), "padding": 12}
    for part in spec.get("vconcat", [spec]):
        part["width"] = width
    return spec


def made_apart(code: str, text: str) -> bytes:
    """What a Python program writes that reads ``text``; one at a time, in a process of its own."""
    command = [sys.executable, "-X", "utf8", "-c", code]
    with _making:
        return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def specification(chart: Chart, language: str) -> dict[str, Any]:
    """A chart with its data, which draws itself in any Vega-Lite.

    Args:
        chart: as the page sends it.
        language: of the texts, which decides the fonts.
    """
    spec = {
        **_coloured(chart.spec),
        "datasets": {name: _rows(table) for name, table in chart.tables.items()},
        "background": _PAPER,
    }
    if "vconcat" not in spec:
        spec["autosize"] = {"type": "fit", "contains": "padding"}
    font = _CHINESE_FONT if language.startswith("zh") else _FONT
    spec["config"] = {**spec["config"], **_config(), "font": font}
    return spec


def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, made once even if a class asks at once."""
    with _making:
        return _made_bundle()


@cache
def _made_bundle() -> str:
    command = [sys.executable, "-X", "utf8", "-c", _BUNDLE]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return done.stdout


@cache
def _theme(scheme: Literal["light", "dark"] = "light") -> Mapping[str, Any]:
    """Streamlit's settings of a light or a dark page."""
    theme: Mapping[str, Any] = tomllib.loads(_SETTINGS.read_text(encoding="utf-8"))["theme"]
    chosen: Mapping[str, Any] = theme[scheme]
    return chosen


def _colour(name: str) -> str:
    """The colour that a theme name stands for; other names are returned as they are."""
    colour: str = _theme().get(f"{name}Color", name)
    return colour


def _in_dark() -> dict[str, str]:
    """The colour of a dark page for each colour of a light one."""
    pairs = {_TEXT: "#e8e8e6", _QUIET: "#a9a7a3", _GRID: "#33322f", _PAPER: "#171614"}
    light, dark = _theme("light"), _theme("dark")
    for name, value in light.items():
        several = isinstance(value, list)
        pairs |= dict(zip(value, dark[name], strict=True)) if several else {value: dark[name]}
    return pairs


def _config() -> dict[str, Any]:
    """The look of axes, titles and legends, as Streamlit has it."""
    quiet = {
        "labelColor": _QUIET,
        "titleColor": _QUIET,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
    }
    axis = {"domain": False, "ticks": False, "gridColor": _GRID, "labelPadding": 8}
    return {
        "view": {"stroke": None},
        "axis": {**quiet, **axis, "titlePadding": 10},
        "legend": {**quiet, "orient": "top"},
        "title": {"anchor": "start", "color": _TEXT, "fontSize": 14, "offset": 12},
        "range": {
            "category": _theme()["chartCategoricalColors"],
            "diverging": _theme()["chartDivergingColors"],
        },
    }


def _coloured(spec: Any) -> Any:
    """The specification with CSS colours instead of the names of Streamlit's theme."""
    if isinstance(spec, list):
        return [_coloured(each) for each in spec]
    if not isinstance(spec, dict):
        return spec
    copied = {key: _coloured(value) for key, value in spec.items()}
    colour = copied.get("color")
    if isinstance(colour, dict):
        if "value" in colour:
            colour["value"] = _colour(colour["value"])
        scale = colour.get("scale") or {}
        if isinstance(scale.get("range"), list):
            scale["range"] = [_colour(name) for name in scale["range"]]
    return copied


def _rows(table: bytes) -> list[dict[str, Any]]:
    """A dataset's rows, with rounded numbers."""
    columns = read(table).to_pydict()
    shortened = [
        [float(format(value, f".{_DIGITS}g")) for value in column]
        if column and isinstance(column[0], float)
        else column
        for column in columns.values()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*shortened, strict=True)]
