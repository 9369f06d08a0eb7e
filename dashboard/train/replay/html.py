"""A replay as a single HTML file that plays offline.

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
from typing import Any

from dashboard.charts.arrow import read
from dashboard.charts.base import Chart

# Significant digits of a number: more than can be seen.
_DIGITS = 5
_SETTINGS = Path(__file__).parents[3] / ".streamlit" / "config.toml"
# In a process of its own, because making the bundle takes 130 MB that are never freed.
_BUNDLE = "import vl_convert; print(vl_convert.javascript_bundle(vl_version='6.4'))"
_making = Lock()
_PAGE = Template("""<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font-family: system-ui, sans-serif; color: #31333f; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5; }
h1 { font-size: 1.5rem; margin: 0; }
p { margin: 0.5rem 0 1rem; color: #5b6070; }
p.settings { font: 0.8rem ui-monospace, monospace; margin-top: 1.5rem; }
#replay { display: flex; flex-direction: column; width: 100%; padding: 0; }
#replay .vega-bindings { order: -1; display: flex; flex-wrap: wrap;
  gap: 0.5rem 1.5rem; margin: 0 0 1rem; }
#replay .vega-bind { display: flex; align-items: center; gap: 0.5rem; }
#replay input[type=range] { width: 14rem; max-width: 45vw; accent-color: $accent; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$reading</p>
<div id="replay" role="group" aria-label="$alt"></div>
<p class="settings">$settings</p>
<!-- Vega, Vega-Lite and Vega-Embed: (c) 2013-2026 University of Washington Interactive Data Lab and
     contributors, BSD 3-Clause License, https://github.com/vega -->
<script>$bundle</script>
<script>
const replay = $replay;
const width = document.getElementById("replay").clientWidth;
for (const part of replay.vconcat) part.width = width;
vegaEmbed("#replay", replay, {actions: false, renderer: "canvas"});
</script>
</body>
</html>
""")


def html(replay: Chart, language: str, title: str, reading: str, settings: str) -> str:
    """The file's text.

    Args:
        replay: from `dashboard.train.replay.spec`.
        language: of the texts, a code such as ``zh_CN``.
        title: heading of the page.
        reading: how to read it, below the heading.
        settings: the settings that reproduce the run, below the replay.
    """
    spec = {
        **_coloured(replay.spec),
        "datasets": {name: _rows(table) for name, table in replay.tables.items()},
    }
    spec["config"] = {**spec["config"], **_config()}
    return _PAGE.substitute(
        language=escape(language.replace("_", "-")),
        title=escape(title),
        reading=escape(reading),
        settings=escape(settings),
        alt=escape(replay.alt),
        accent=_colour("primary"),
        bundle=_bundle(),
        # Inside a script, "</" would be read as its end.
        replay=json.dumps(spec, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/"),
    )


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
def _theme() -> Mapping[str, Any]:
    """Streamlit's settings of a light page."""
    theme: Mapping[str, Any] = tomllib.loads(_SETTINGS.read_text(encoding="utf-8"))["theme"]
    light: Mapping[str, Any] = theme["light"]
    return light


def _colour(name: str) -> str:
    """The colour that a theme name stands for; other names are returned as they are."""
    colour: str = _theme().get(f"{name}Color", name)
    return colour


def _config() -> dict[str, Any]:
    """The look of axes, titles and legends, as Streamlit has it."""
    grey = "#5b6070"
    quiet = {
        "labelColor": grey,
        "titleColor": grey,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
    }
    axis = {"domain": False, "ticks": False, "gridColor": "#e6e9ef", "labelPadding": 8}
    return {
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {**quiet, **axis, "titlePadding": 10},
        "legend": {**quiet, "orient": "top"},
        "title": {"anchor": "start", "color": "#31333f", "fontSize": 14, "offset": 12},
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
