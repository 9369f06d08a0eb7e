"""A run as a replay: the charts of its moments in one, which the browser plays by itself.

What differs from moment to moment is sent once, as rows that say to which frame they belong. The
frame is a signal of the chart: a timer of the browser's moves it on, and so does the slider that
is bound to it. Vega-Lite's own animation knows neither a slider nor several charts in step, so
the signal is Vega's; Vega-Lite hands it on as it is.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.app.language import gettext as _
from dashboard.charts.arrow import joined
from dashboard.charts.base import CANVAS, Chart, Spec
from dashboard.charts.signals import signals
from dashboard.train.charts import hidden_state, loss
from dashboard.train.live_run import Frame, LiveRun
from dashboard.train.text import LOSS_FORMAT

# A replay has so many frames at most, and fewer where each is large: so many bytes in all.
_MOST_FRAMES, _FEWEST_FRAMES, _BYTES = 72, 20, 3_000_000
# Milliseconds between two ticks of the browser's timer, and how many of them a frame stays.
_TICK = 50
_STAYS_FOR = (20, 10, 4, 2)
_USUAL_STAY = 4
# Room for a vertical axis, in pixels.
_MARGIN = 92
# How the names of datasets begin.
_MOVES, _STAYS = "moving", "constant"
# What a specification says that holds others says it for all.
_OF_THE_WHOLE = frozenset({"$schema", "config", "usermeta", "height"})
# Each chart with its height, in pixels.
_CHARTS = ((signals, 190), (loss, 150), (hidden_state, 150))


def replay(run: LiveRun) -> Chart:
    """The run so far, to be played; the run must be one that `can_look_back`."""
    newest = [draw(run.frame()) for draw, _height in _CHARTS]
    size = sum(map(len, {rows for chart in newest for rows in chart.tables.values()}))
    return of_frames(run.moments(max(_FEWEST_FRAMES, min(_MOST_FRAMES, _BYTES // size))))


def of_frames(frames: Sequence[Frame]) -> Chart:
    """A replay of these frames, at least two, of one run at rest."""
    parts: list[Spec] = []
    names: dict[tuple[bytes, ...], str] = {}  # of what was sent, by all that it holds
    for draw, height in _CHARTS:
        charts = [draw(frame) for frame in frames]
        sent = {}
        for name in charts[0].tables:
            each = tuple(chart.tables[name] for chart in charts)
            kind = _STAYS if all(rows == each[0] for rows in each) else _MOVES
            sent[name] = names.setdefault(each, f"{kind} {len(names)}")
        part = {key: value for key, value in charts[0].spec.items() if key not in _OF_THE_WHOLE}
        parts.append({**_inside(_played(part, sent)), "height": height})
    whole: Spec = {
        "$schema": charts[0].spec["$schema"],
        "config": charts[0].spec["config"],
        "title": {"text": {"expr": _caption(frames)}, "anchor": "start"},
        "params": _controls(len(frames)),
        "vconcat": parts,
        "usermeta": CANVAS,
    }
    tables = {
        name: joined(each, "frame") if name.startswith(_MOVES) else each[0]
        for each, name in names.items()
    }
    return Chart(whole, tables, _("Replay of the run: signals, loss and hidden state."))


def _played(part: Spec, sent: Mapping[str, str]) -> Spec:
    """The specification of one chart, whose layers draw the rows of the frame that is shown."""
    if "layer" in part:
        return {**part, "layer": [_played(layer, sent) for layer in part["layer"]]}
    name = sent[part["data"]["name"]]
    played = {**part, "data": {"name": name}}
    if name.startswith(_MOVES):
        played["transform"] = [{"filter": "datum.frame === frame"}, *part.get("transform", [])]
    return played


def _inside(part: Spec) -> Spec:
    """The specification, with the vertical axis inside the width that the chart is given.

    Of charts one above the other, Streamlit makes the plots as wide as the page, without room for
    their axes.
    """
    if "layer" in part:
        return {**part, "layer": [_inside(layer) for layer in part["layer"]]}
    encoding = dict(part["encoding"])
    x, y, colour = (encoding.get(channel, {}) for channel in ("x", "y", "color"))
    if "axis" in x:  # other layers share its scale
        encoding["x"] = {**x, "scale": {**x.get("scale", {}), "rangeMin": _MARGIN}}
    if "axis" in y:
        encoding["y"] = {**y, "axis": {**y["axis"], "offset": -_MARGIN}}
    if "y" in encoding and "x" not in encoding:  # a line across the whole plot
        encoding |= {"x": {"value": _MARGIN}, "x2": {"value": "width"}}
    if colour.get("type") == "quantitative":
        encoding["color"] = {**colour, "legend": None}
    return {**part, "encoding": encoding}


def _caption(frames: Sequence[Frame]) -> str:
    """A Vega expression: which step is shown, and its loss."""
    said = _("step {step} of {newest} · loss {loss}")
    captions = [
        said.format(
            step=frame.step.index, newest=frame.newest, loss=format(frame.step.loss, LOSS_FORMAT)
        )
        for frame in frames
    ]
    return f"{json.dumps(captions, ensure_ascii=False)}[frame]"


def _controls(frames: int) -> list[dict[str, Any]]:
    """Signals that play the replay: it stops at its end, and begins anew when let play again."""
    last = frames - 1
    return [
        {
            "name": "playing",
            "value": True,
            "bind": {"input": "checkbox", "name": _("Play")},
            "on": [{"events": {"signal": "frame"}, "update": f"playing && frame < {last}"}],
        },
        {
            "name": "stay",
            "value": _USUAL_STAY,
            "bind": {
                "input": "select",
                "name": _("Frames per second"),
                "options": list(_STAYS_FOR),
                "labels": [format(1000 / _TICK / ticks, "g") for ticks in _STAYS_FOR],
            },
        },
        {
            "name": "tick",
            "value": 0,
            "on": [
                {"events": {"type": "timer", "throttle": _TICK}, "update": "playing ? tick + 1 : 0"}
            ],
        },
        {
            "name": "frame",
            "value": 0,
            "bind": {"input": "range", "name": _("Frame"), "min": 0, "max": last, "step": 1},
            "on": [
                {
                    "events": {"signal": "tick"},
                    "update": f"tick && tick % stay === 0 ? (frame + 1) % {frames} : frame",
                }
            ],
        },
    ]
