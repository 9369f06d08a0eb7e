"""A run as a replay: the charts of its frames in one chart, which the browser plays by itself.

What differs from frame to frame is sent once, as rows with the number of their frame. The frame
shown is a signal of the chart: a timer in the browser advances it, and so does the slider bound to
it. Vega-Lite's own animation knows neither a slider nor several charts in step, so the signals are
Vega's; Vega-Lite passes them on unchanged.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import altair as alt

from dashboard.app.language import gettext as _
from dashboard.app.text import LOSS_FORMAT
from dashboard.charts import loss_axes
from dashboard.charts.arrow import joined
from dashboard.charts.base import CANVAS, Chart, specification
from dashboard.charts.placement import FRAME, Layers, Placement
from dashboard.charts.signals import signal_chart, signal_tables
from dashboard.charts.states import state_tables, states_chart
from dashboard.run.charts import loss_chart, loss_tables
from dashboard.run.frame import Frame
from dashboard.run.live_run import LiveRun

# The most frames a replay has; fewer where each is large, to stay within a number of bytes.
_MOST_FRAMES, _FEWEST_FRAMES, _BYTES = 72, 20, 3_000_000
# Milliseconds between two ticks of the browser's timer, and how many ticks a frame stays.
_TICK = 50
_STAYS_FOR = (20, 10, 4, 2)
_USUAL_STAY = 4
# Room for a vertical axis, and for labels at the right end, in pixels.
_AXIS_ROOM, _END_ROOM = 76, loss_axes.END_ROOM
# How the names of datasets begin: those that differ from frame to frame, and those that do not.
_MOVING, _CONSTANT = "moving", "constant"
_LOSS_HEIGHT = 115


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the charts.

    Args:
        tables: its datasets.
        chart: the chart, in its place.
        height: of its plot, in pixels.
    """

    tables: Callable[[Frame], dict[str, bytes]]
    chart: Callable[[Frame, Placement], Layers]
    height: int


def _state_tables(frame: Frame) -> dict[str, bytes]:
    steps = [step.index for step in frame.windows]
    return state_tables(frame.layout, frame.hidden, steps, moving=False)


def _states_chart(frame: Frame, placement: Placement) -> Layers:
    return states_chart(frame.layout, frame.hidden[-1].shape[1], placement)


_PARTS = (
    _Part(signal_tables, lambda frame, placement: signal_chart(frame.layout, placement), 150),
    _Part(_state_tables, _states_chart, 105),
    _Part(
        partial(loss_tables, height=_LOSS_HEIGHT),
        lambda frame, placement: loss_chart(
            frame.floors,
            frame.layout.symbols,
            placement,
            standardised=frame.layout.standardised,
            validates=frame.validates,
        ),
        _LOSS_HEIGHT,
    ),
)


def replay(
    run: LiveRun,
    most: int = _MOST_FRAMES,
    progress: Callable[[float], object] | None = None,
) -> Chart | None:
    """The run so far, to be played; the run must be one that `can_look_back`.

    Args:
        run: that is played.
        most: frames, at most; fewer where each is large.
        progress: as in `LiveRun.replay_frames`.

    Returns:
        None if the run goes on before all frames are there.
    """
    newest = run.frame()
    size = sum(map(len, {rows for part in _PARTS for rows in part.tables(newest).values()}))
    frames = run.replay_frames(max(_FEWEST_FRAMES, min(most, _BYTES // size)), progress)
    return of_frames(frames) if frames else None


def of_frames(frames: Sequence[Frame]) -> Chart:
    """A replay of these frames, at least two, of one paused run."""
    charts: list[Layers] = []
    names: dict[tuple[bytes, ...], str] = {}  # of each dataset sent, by its rows in every frame
    for part in _PARTS:
        tables = [part.tables(frame) for frame in frames]
        sent = {}
        for name in tables[0]:
            each = tuple(table[name] for table in tables)
            kind = _CONSTANT if all(rows == each[0] for rows in each) else _MOVING
            sent[name] = names.setdefault(each, f"{kind} {len(names)}")
        placement = Placement(
            height=part.height,
            axis_room=_AXIS_ROOM,
            end_room=_END_ROOM,
            datasets=tuple(sent.items()),
            framed=frozenset(name for name in sent.values() if name.startswith(_MOVING)),
            alone=False,
        )
        charts.append(part.chart(frames[0], placement))
    title = alt.TitleParams(text=alt.ExprRef(_caption(frames)), anchor="start")
    spec = specification(alt.vconcat(*charts).properties(title=title, usermeta=CANVAS))
    datasets = {
        name: joined(each, FRAME) if name.startswith(_MOVING) else each[0]
        for each, name in names.items()
    }
    return Chart(
        {**spec, "params": _controls(len(frames))},
        datasets,
        _("Replay of the run: signals, loss and hidden state."),
    )


def _caption(frames: Sequence[Frame]) -> str:
    """A Vega expression: the step shown, and its loss."""
    said = _("step {step} of {newest} · loss {loss}")
    captions = [
        said.format(
            step=frame.step.index, newest=frame.newest, loss=format(frame.step.loss, LOSS_FORMAT)
        )
        for frame in frames
    ]
    return f"{json.dumps(captions, ensure_ascii=False)}[{FRAME}]"


def _controls(frames: int) -> list[dict[str, Any]]:
    """Signals that play the replay: it stops at its end, and starts over when played again."""
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
