"""A chart that plays, as an animated picture. Knows nothing of Streamlit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dashboard.charts.base import Chart
from dashboard.charts.placement import FRAME
from dashboard.charts.standalone import made_apart, of_width

# Width of each plot in pixels, and milliseconds that a frame stays.
_WIDTH, _STAYS_FOR = 640, 250
# A longer dataset is drawn without the rows of other frames. Shorter ones keep them, so that axes
# span the whole film and stand still.
_MANY_ROWS = 5_000
# It takes seconds of a core, and whoever trains meanwhile comes first. The colours of one frame
# serve for all: with others in each, plain areas would flicker.
_DRAW = f"""
import io, os, sys, vl_convert
from PIL import Image
if hasattr(os, "nice"):
    os.nice(10)
frames = [
    Image.open(io.BytesIO(vl_convert.vegalite_to_png(line, vl_version="6.4"))).convert("RGB")
    for line in sys.stdin
]
palette = frames[len(frames) // 2].quantize(256)
first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
first.save(
    sys.stdout.buffer, "GIF", save_all=True, append_images=others, duration={_STAYS_FOR}, loop=0
)
"""


def gif(chart: Chart, language: str) -> bytes:
    """A replay as an animated GIF, on white, four frames a second.

    Args:
        chart: what `dashboard.train.replay.spec.of_frames` makes: its parameter ``frame`` says
            which frame is shown, and its range how many there are.
        language: of the texts, a code such as ``zh_CN``.
    """
    spec = of_width(chart, language, _WIDTH)
    (shown,) = (each for each in spec["params"] if each["name"] == FRAME)
    frames = range(shown["bind"]["max"] + 1)
    return made_apart(_DRAW, "\n".join(json.dumps(_still(spec, number)) for number in frames))


def _still(spec: Mapping[str, Any], number: int) -> dict[str, Any]:
    """One frame; nothing plays."""
    fixed = {FRAME: number, "playing": False}
    values = {each["name"]: each["value"] for each in spec["params"]} | fixed
    datasets = {
        name: [row for row in rows if row.get(FRAME, number) == number]
        if len(rows) > _MANY_ROWS
        else rows
        for name, rows in spec["datasets"].items()
    }
    return {
        **spec,
        "params": [{"name": name, "value": value} for name, value in values.items()],
        "datasets": datasets,
    }
